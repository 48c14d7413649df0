import { describe, expect, it } from 'vitest'
import { turnTime } from '../../src/core/turn-time.ts'

describe('turnTime', () => {
  const counting = (): { reads: number; nowMs(): number } => ({
    reads: 0,
    nowMs() {
      return ++this.reads
    },
  })

  it('reads the clock once for sixteen small frames', () => {
    const clock = counting()
    const now = turnTime(clock as never)
    const times = Array.from({ length: 33 }, () => now(64))
    expect(times.slice(0, 16).every((time) => time === 1)).toBe(true)
    expect(times[16]).toBe(2)
    expect(times[32]).toBe(3)
  })

  it('reads the clock for every large frame', () => {
    const now = turnTime(counting() as never)
    expect([now(32_000), now(32_000), now(64)]).toEqual([1, 2, 2])
  })

  it('reads the clock anew in every turn of the event loop', async () => {
    const clock = counting()
    const now = turnTime(clock as never)
    for (let turn = 1; turn <= 3; turn++) {
      expect([now(64), now(64)]).toEqual([turn, turn])
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  })
})
