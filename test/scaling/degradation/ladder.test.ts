import { describe, expect, it } from 'vitest'
import { Ladder, type LadderInputs } from '../../../src/scaling/degradation/ladder.ts'

const OPTIONS = {
  ...{ rungs: ['pause reports', 'sample bulk'], downAfterMs: 5000, upAfterMs: 60_000 },
  ...{ severeWaitMs: 1000, calmWaitMs: 100, calmUtilisation: 0.9 },
}
const SEVERE = { isAtCeiling: true, waitMs: 2000, refused: 0, utilisation: 1 }
const CALM = { isAtCeiling: false, waitMs: 0, refused: 0, utilisation: 0.5 }
const BETWEEN = { isAtCeiling: true, waitMs: 500, refused: 0, utilisation: 1 }

class Steps {
  readonly ladder = new Ladder(OPTIONS)
  at = 0

  /** The same for so many seconds; seconds after which there was a step. */
  seconds(count: number, inputs: Omit<LadderInputs, 'at'>): number[] {
    const steps: number[] = []
    for (let i = 0; i < count; i++) {
      if (this.ladder.look({ ...inputs, at: this.at }) !== undefined) steps.push(i)
      this.at += 1000
    }
    return steps
  }
}

describe('the ladder of degraded mode', () => {
  it('goes down one rung at a time while shortage is severe, and no further than it is long', () => {
    const steps = new Steps()
    expect(steps.seconds(30, SEVERE)).toEqual([5, 10])
    expect(steps.ladder.depth).toBe(2)
    expect(steps.ladder.taken).toEqual(['pause reports', 'sample bulk'])
  })

  it('says what it did and why', () => {
    const ladder = new Ladder(OPTIONS)
    ladder.look({ ...SEVERE, at: 0 })
    expect(ladder.look({ ...SEVERE, at: 5000 })).toEqual({
      ...{ at: 5000, from: 0, to: 1, rung: 'pause reports' },
      reason: 'work waits 2000 ms at the ceiling for 5 s',
    })
    const refused = { ...SEVERE, refused: 3.4, waitMs: 0 }
    expect(ladder.look({ ...refused, at: 10_000 })?.reason).toBe('3 refused at the ceiling for 5 s')
    ladder.look({ ...CALM, at: 11_000 })
    expect(ladder.look({ ...CALM, at: 71_000 })).toEqual({
      ...{ at: 71_000, from: 2, to: 1, rung: 'sample bulk', reason: 'calm for 60 s' },
    })
  })

  it('stays where it is while it is neither severe nor calm', () => {
    const steps = new Steps()
    expect(steps.seconds(3, SEVERE)).toEqual([])
    expect(steps.seconds(100, BETWEEN)).toEqual([])
    expect(steps.seconds(5, SEVERE)).toEqual([])
    expect(steps.seconds(1, SEVERE)).toEqual([0])
    expect(steps.seconds(1000, BETWEEN)).toEqual([])
  })

  it('does nothing about shortage that more capacity will end', () => {
    expect(new Steps().seconds(100, { ...SEVERE, isAtCeiling: false })).toEqual([])
  })

  it('is not calm while readings are refused or workers have no time left', () => {
    const steps = new Steps()
    steps.seconds(6, SEVERE)
    expect(steps.seconds(200, { ...CALM, refused: 1 })).toEqual([])
    expect(steps.seconds(200, { ...CALM, utilisation: 0.95 })).toEqual([])
  })

  it('comes back up one rung at a time', () => {
    const steps = new Steps()
    steps.seconds(11, SEVERE)
    expect(steps.seconds(200, CALM)).toEqual([60, 120])
    expect(steps.ladder.depth).toBe(0)
  })

  it('waits twice as long before a step up after each relapse, and forgets that when it stays calm', () => {
    const steps = new Steps()
    steps.seconds(6, SEVERE)
    expect(steps.seconds(61, CALM)).toEqual([60])
    expect(steps.seconds(6, SEVERE)).toEqual([5])
    expect(steps.seconds(121, CALM)).toEqual([120])
    expect(steps.seconds(6, SEVERE)).toEqual([5])
    expect(steps.seconds(241, CALM)).toEqual([240])
    steps.seconds(600, CALM)
    expect(steps.seconds(6, SEVERE)).toEqual([5])
    expect(steps.seconds(61, CALM)).toEqual([60])
  })
})
