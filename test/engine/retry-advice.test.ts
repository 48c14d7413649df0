import { describe, expect, it } from 'vitest'
import { RetryAdvice, retryAfterOf } from '../../src/engine/retry-advice.ts'
import {
  ROUTER_ACCEPTED,
  WORKER_DEAD_LETTERED,
  WORKER_PROCESSED,
} from '../../src/memory/layout/counters.layout.ts'
import { placeOf } from '../../src/memory/memory-plan.ts'
import { InlineEngine } from './inline-engine.ts'

async function open() {
  const { foundation, clock } = await InlineEngine.open()
  const { memory, plan } = foundation
  const advice = new RetryAdvice(foundation, clock)
  const retryAfterMs = retryAfterOf(foundation)
  const add = (address: number, count: number): void => void (memory.u32[address >>> 2] += count)
  return {
    retryAfterMs,
    /** A quarter of a second in which so much of the lowest and of the highest tier was done. */
    pass: (accepted: number, processed: number, deadLettered = 0): number => {
      add(plan.at.routerCounters + ROUTER_ACCEPTED, accepted / 2)
      add(plan.at.routerCounters + ROUTER_ACCEPTED + 24, accepted / 2)
      add(placeOf.workerCounters(plan, 0) + WORKER_PROCESSED, processed / 2)
      add(placeOf.workerCounters(plan, 1) + WORKER_PROCESSED + 24, processed / 2)
      add(placeOf.workerCounters(plan, 1) + WORKER_DEAD_LETTERED, deadLettered)
      clock.ms += 250
      advice.update()
      return retryAfterMs('overload')
    },
  }
}

describe('the wait that refused senders are told', () => {
  it('is a tenth of a second where nothing is known or nothing waits', async () => {
    const { retryAfterMs, pass } = await open()
    expect(retryAfterMs('overload')).toBe(100)
    expect(pass(1000, 1000)).toBe(100)
    expect(pass(0, 0)).toBe(100)
  })

  it('is a quarter of the time that what waits will take', async () => {
    const { pass } = await open()
    pass(1_000_000, 0)
    // 100 readings in each millisecond, 900,000 and 800,000 of them wait
    expect(pass(0, 25_000)).toBe(Math.round(975_000 / 100 / 4))
    expect(pass(0, 20_000, 5000)).toBe(Math.round(950_000 / 100 / 4))
    for (let i = 0; i < 37; i++) pass(0, 25_000)
    expect(pass(0, 0)).toBeLessThan(1000)
  })

  it('grows where nothing gets on, within bounds, and is forgotten with the backlog', async () => {
    const { pass } = await open()
    pass(100_000, 0)
    const waits = Array.from({ length: 20 }, (_, i) => pass(0, i === 0 ? 50_000 : 0))
    expect(waits).toEqual([...waits].sort((a, b) => a - b))
    expect(waits[0]).toBe(100)
    expect(waits.at(-1)).toBe(10_000)
    expect(pass(0, 50_000)).toBe(100)
  })

  it('is a second at least where the storage is the cause', async () => {
    const { pass, retryAfterMs } = await open()
    expect(retryAfterMs('storage')).toBe(1000)
    pass(1_000_000, 0)
    pass(0, 25_000)
    expect(retryAfterMs('storage')).toBe(retryAfterMs('ring'))
  })
})
