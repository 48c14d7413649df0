import { describe, expect, it } from 'vitest'
import type { TargetState } from '../../../src/core/scaling.ts'
import { steadyOptions, type SteadyOptions } from '../../../src/scaling/targets/steady-options.ts'
import { SteadyTarget } from '../../../src/scaling/targets/steady-target.ts'
import { type TargetAdapter, TargetFailure } from '../../../src/scaling/targets/target-adapter.ts'
import { settled, WaitingClock } from './clock.ts'

type Answer = TargetFailure | Error | 'silence' | 'taken'

/** A target in memory: it does what it is asked for at once, unless it was told to answer otherwise. */
class Pretended implements TargetAdapter {
  readonly place = 'a pretended target'
  readonly asked: number[] = []
  readonly answers: Answer[] = []
  looks = 0
  signals: AbortSignal[] = []
  isClosed = false
  /** What the next answers wait for. */
  held: Promise<void> = Promise.resolve()
  state: TargetState = { desired: 1, ready: 1 }
  /** Units that there can be. */
  most = Infinity

  async scaleTo(units: number, signal: AbortSignal): Promise<void> {
    this.asked.push(units)
    await this.#answer(signal)
    this.state = { desired: units, ready: Math.min(units, this.most) }
  }

  async observe(_wished: number | null, signal: AbortSignal): Promise<TargetState> {
    this.looks++
    await this.#answer(signal)
    return this.state
  }

  close(): void {
    this.isClosed = true
  }

  async #answer(signal: AbortSignal): Promise<void> {
    this.signals.push(signal)
    const answer = this.answers.shift() ?? 'taken'
    await this.held
    if (answer === 'silence') await new Promise(() => undefined)
    if (typeof answer !== 'string') throw answer
  }
}

const DEFAULTS = Object.fromEntries(
  Object.entries(steadyOptions).map(([name, option]) => [name, option.parse(undefined)]),
) as unknown as SteadyOptions

function targetWith(options: Partial<SteadyOptions> = {}) {
  const clock = new WaitingClock()
  const adapter = new Pretended()
  const target = new SteadyTarget({
    ...{ name: 'fleet', unit: 'node', adapter, clock, random: () => 1 },
    options: { ...DEFAULTS, minIntervalMs: 0, observeEveryMs: 0, ...options },
  })
  return { clock, adapter, target }
}

const down = (): TargetFailure => new TargetFailure('unavailable', 'nobody there')
const busy = (): TargetFailure => new TargetFailure('busy', 'something is under way')
const denied = (): TargetFailure => new TargetFailure('denied', 'no right to')
const throttled = (ms: number): TargetFailure => new TargetFailure('throttled', 'too often', ms)

describe('SteadyTarget', () => {
  it('asks for a size, and not for the same again', async () => {
    const { adapter, target } = targetWith()
    await target.scaleTo(3)
    await target.scaleTo(3)
    expect(adapter.asked).toEqual([3])
    expect(await target.observe()).toEqual({ desired: 3, ready: 3 })
    expect(target.status()).toMatchObject({
      ...{ name: 'fleet', unit: 'node', place: 'a pretended target', isDryRun: false },
      ...{ reachable: 'reachable', wished: 3, taken: 3, behindMs: 0, problem: '', lastError: '' },
      requests: { taken: 1, coalesced: 0, failed: 0, throttled: 0 },
    })
  })

  it.each([-1, 1.5, NaN])('refuses a size of %s', async (units) => {
    const { adapter, target } = targetWith()
    await expect(target.scaleTo(units)).rejects.toMatchObject({ code: 'bad-request' })
    expect(adapter.asked).toEqual([])
  })

  it('asks again for what somebody else has changed meanwhile', async () => {
    const { adapter, target } = targetWith()
    await target.scaleTo(3)
    adapter.state = { desired: 1, ready: 1 }
    await target.observe()
    await target.scaleTo(3)
    expect(adapter.asked).toEqual([3, 3])
  })

  it('asks for nothing in a dry run, and says what it would have asked for', async () => {
    const { adapter, target } = targetWith({ dryRun: true, lateAfterMs: 1000 })
    await target.scaleTo(7)
    expect(await target.observe()).toEqual({ desired: 1, ready: 1 })
    expect(adapter.asked).toEqual([])
    expect(target.isDryRun).toBe(true)
    expect(target.status()).toMatchObject({ isDryRun: true, wished: 7, taken: null, behindMs: 0 })
  })
})

describe('SteadyTarget under many wishes', () => {
  it('sends the newest of those that came within the interval, which all of them wait for', async () => {
    const { clock, adapter, target } = targetWith({ minIntervalMs: 5000 })
    await target.scaleTo(2)
    const wishes = Promise.all([target.scaleTo(3), target.scaleTo(9), target.scaleTo(4)])
    await settled()
    clock.advance(4999)
    await settled()
    expect(adapter.asked).toEqual([2])
    clock.advance(1)
    await wishes
    expect(adapter.asked).toEqual([2, 4])
    expect(target.status().requests).toMatchObject({ taken: 2, coalesced: 2 })
  })

  it('sends nothing if the newest is what the target has taken already', async () => {
    const { clock, adapter, target } = targetWith({ minIntervalMs: 5000 })
    await target.scaleTo(2)
    const wishes = Promise.all([target.scaleTo(3), target.scaleTo(2)])
    await clock.passWhenAwaited(5000)
    await wishes
    expect(adapter.asked).toEqual([2])
  })

  it('sends one request at a time, the next one with the newest wish', async () => {
    const { clock, adapter, target } = targetWith({ timeoutMs: 1000, backoffMs: 100 })
    adapter.answers.push('silence')
    const first = target.scaleTo(2)
    await settled()
    expect(adapter.asked).toEqual([2])
    const wishes = Promise.all([first, target.scaleTo(3), target.scaleTo(4)])
    await clock.passWhenAwaited(1000)
    await clock.passWhenAwaited(100)
    await wishes
    expect(adapter.asked).toEqual([2, 4])
  })

  it('sends a wish that came during a request after it', async () => {
    const { adapter, target } = targetWith()
    let letGo = (): void => undefined
    adapter.held = new Promise((resolve) => (letGo = resolve))
    const first = target.scaleTo(2)
    await settled()
    const second = target.scaleTo(5)
    letGo()
    await first
    await second
    expect(adapter.asked).toEqual([2, 5])
  })
})

describe('SteadyTarget when requests fail', () => {
  it('tries again further and further apart, never sooner than the target asks for', async () => {
    const { clock, adapter, target } = targetWith({ backoffMs: 100, retries: 3 })
    adapter.answers.push(busy(), new Error('connection lost'), throttled(5000))
    const wish = target.scaleTo(2)
    for (const [waitMs, attempts] of [
      [100, 2],
      [200, 3],
      [5000, 4],
    ] as const) {
      await settled()
      clock.advance(waitMs - 1)
      await settled()
      expect(adapter.asked).toHaveLength(attempts - 1)
      clock.advance(1)
      await settled()
      expect(adapter.asked).toHaveLength(attempts)
    }
    await wish
    expect(target.status()).toMatchObject({ lastError: '', requests: { taken: 1, failed: 3, throttled: 1 } })
  })

  it('gives up after the last attempt, and says why', async () => {
    const { clock, adapter, target } = targetWith({ backoffMs: 100, retries: 1 })
    adapter.answers.push(down(), down())
    const wish = expect(target.scaleTo(2)).rejects.toMatchObject({
      code: 'target-failed',
      message: 'target fleet: nobody there',
      context: { target: 'fleet', kind: 'unavailable' },
    })
    await clock.passWhenAwaited(100)
    await wish
    expect(target.status()).toMatchObject({ wished: 2, taken: null, lastError: 'nobody there' })
  })

  it.each([denied(), new TargetFailure('invalid', 'no such group')])('tries %s once', async (failure) => {
    const { adapter, target } = targetWith()
    adapter.answers.push(failure)
    await expect(target.scaleTo(2)).rejects.toMatchObject({ code: 'target-failed' })
    expect(adapter.asked).toEqual([2])
  })

  it('takes what has no words of an error for a failure that may pass', async () => {
    const { adapter, target } = targetWith({ retries: 0 })
    adapter.answers.push({ thrown: true } as never)
    await expect(target.scaleTo(2)).rejects.toThrow('target fleet: [object Object]')
  })

  it('ends a request that takes too long, also one that does not listen', async () => {
    const { clock, adapter, target } = targetWith({ timeoutMs: 2000, retries: 0 })
    adapter.answers.push('silence')
    const wish = expect(target.scaleTo(2)).rejects.toThrow('no answer within 2000 ms')
    await clock.passWhenAwaited(2000)
    await wish
    expect(adapter.signals[0].aborted).toBe(true)
  })

  it('is unreachable after so many failures in a row, makes one attempt then, and is back with the first answer', async () => {
    const { clock, adapter, target } = targetWith({ backoffMs: 100, unreachableAfter: 2, retries: 5 })
    expect(target.status().reachable).toBe('unknown')
    adapter.answers.push(down(), down(), down())
    const wish = expect(target.scaleTo(2)).rejects.toMatchObject({ code: 'target-failed' })
    await clock.passWhenAwaited(100)
    await wish
    expect(target.status()).toMatchObject({
      reachable: 'unreachable',
      problem: 'unreachable, 2 requests in a row failed: nobody there',
    })
    expect(target.problem).toContain('unreachable')
    await expect(target.scaleTo(2)).rejects.toMatchObject({ code: 'target-failed' })
    expect(adapter.asked).toHaveLength(3)
    await target.scaleTo(2)
    expect(target.status()).toMatchObject({ reachable: 'reachable', problem: '' })
  })

  it('is not unreachable while it answers that it cannot now', async () => {
    const { clock, adapter, target } = targetWith({ backoffMs: 1, unreachableAfter: 1, retries: 3 })
    adapter.answers.push(busy(), throttled(0), busy())
    const wish = target.scaleTo(2)
    for (let i = 0; i < 3; i++) await clock.passWhenAwaited(10)
    await wish
    expect(target.status().reachable).toBe('reachable')
  })
})

describe('SteadyTarget observed', () => {
  it('asks no more often than it may, and gives the last answer between', async () => {
    const { clock, adapter, target } = targetWith({ observeEveryMs: 5000 })
    await target.observe()
    adapter.state = { desired: 4, ready: 4 }
    clock.advance(4999)
    expect(await target.observe()).toEqual({ desired: 1, ready: 1 })
    clock.advance(1)
    expect(await Promise.all([target.observe(), target.observe()])).toEqual([adapter.state, adapter.state])
    expect(adapter.looks).toBe(2)
    expect(target.status()).toMatchObject({ observed: adapter.state, observedAt: clock.epochMs() })
  })

  it('gives the last failure, too, between', async () => {
    const { adapter, target } = targetWith({ observeEveryMs: 5000 })
    adapter.answers.push(denied())
    await expect(target.observe()).rejects.toThrow('target fleet: no right to')
    await expect(target.observe()).rejects.toThrow('target fleet: no right to')
    expect(adapter.looks).toBe(1)
  })

  it('asks anew once a size was taken', async () => {
    const { adapter, target } = targetWith({ observeEveryMs: 5000 })
    await target.observe()
    await target.scaleTo(6)
    expect(await target.observe()).toEqual({ desired: 6, ready: 6 })
    expect(adapter.looks).toBe(2)
  })

  it('says for how long it has had less than was asked for, and that it is a problem in the end', async () => {
    const { clock, adapter, target } = targetWith({ lateAfterMs: 60_000 })
    adapter.most = 7
    await target.scaleTo(10)
    expect(target.status()).toMatchObject({ behindMs: 0, problem: '' })
    await target.observe()
    clock.advance(59_000)
    expect(target.status()).toMatchObject({ behindMs: 59_000, problem: '' })
    clock.advance(2000)
    expect(target.status().problem).toBe(
      '7 of 10 nodes are ready, and it has not had what was wished for 1 min',
    )
    adapter.answers.push(throttled(0))
    await expect(target.observe()).rejects.toThrow()
    expect(target.status().problem).toMatch(/for 1 min; too often$/)
    adapter.state = { desired: 10, ready: 10 }
    await target.observe()
    expect(target.status()).toMatchObject({ behindMs: 0, problem: '' })
  })

  it('says spans under a minute in seconds', async () => {
    const { clock, adapter, target } = targetWith({ lateAfterMs: 1000 })
    adapter.most = 0
    await target.scaleTo(2)
    await target.observe()
    clock.advance(30_500)
    expect(target.status().problem).toMatch(/^0 of 2 nodes .* for 30 s$/)
  })
})

describe('SteadyTarget closed', () => {
  it('ends what is under way, tells who waits, and asks nothing any more', async () => {
    const { adapter, target } = targetWith()
    adapter.answers.push('silence')
    const first = target.scaleTo(2)
    await settled()
    const wishes = [first, target.scaleTo(3)]
    const ended = wishes.map((wish) => expect(wish).rejects.toMatchObject({ code: 'closed' }))
    await target.close()
    await target.close()
    await Promise.all(ended)
    expect(adapter).toMatchObject({ asked: [2], isClosed: true })
    await expect(target.scaleTo(4)).rejects.toMatchObject({ code: 'closed' })
    await expect(target.observe()).rejects.toMatchObject({ code: 'closed' })
  })

  it.each(['interval', 'attempt'])('does not send what waits for the next %s', async (what) => {
    const { clock, adapter, target } = targetWith({ minIntervalMs: what === 'interval' ? 5000 : 0 })
    await target.scaleTo(1)
    if (what === 'attempt') adapter.answers.push(down())
    const wish = expect(target.scaleTo(2)).rejects.toMatchObject({ code: 'closed' })
    await settled()
    const asked = adapter.asked.length
    await target.close()
    await wish
    clock.advance(60_000)
    await settled()
    expect(adapter.asked).toHaveLength(asked)
    expect(clock.waiting).toBe(0)
  })
})
