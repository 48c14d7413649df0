import { describe, expect, it } from 'vitest'
import { isDoneWithin } from '../../src/core/patience.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'

describe('Patience', () => {
  it('is rewarded, and leaves no timer that a process would wait for', async () => {
    const clock = new VirtualClock()
    expect(await isDoneWithin(clock, 10_000, Promise.resolve())).toBe(true)
    expect(clock.advance(20_000)).toBe(false)
  })

  it('throws what the work throws, and leaves no timer', async () => {
    const clock = new VirtualClock()
    await expect(isDoneWithin(clock, 10_000, Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(clock.advance(20_000)).toBe(false)
  })

  it('ends, and what the work throws later concerns nobody', async () => {
    const clock = new VirtualClock()
    let fail = (_error: Error): void => undefined
    const work = new Promise<void>((_, reject) => (fail = reject))
    const isDone = isDoneWithin(clock, 10_000, work)
    clock.advance(9999)
    clock.advance(1)
    expect(await isDone).toBe(false)
    fail(new Error('too late'))
  })
})
