import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import { seededRandom } from '../../src/core/random.ts'
import { LatencyBook, LatencyRecorder } from '../../src/observability/latency.ts'
import { LATENCY_BOUNDS_MS } from '../../src/observability/latency-buckets.ts'

const time = { ms: 1_000_000 }
const clock: Clock = {
  nowMs: () => time.ms,
  epochMs: () => time.ms,
  every: () => () => {},
  after: () => () => {},
}
const nothing = { p50: 0, p90: 0, p99: 0, p999: 0, max: 0 }

let book: LatencyBook
beforeAll(async () => {
  book = await LatencyBook.open(clock)
})
afterAll(() => book.close())

function withRecorder(act: (recorder: LatencyRecorder) => void): void {
  const recorder = new LatencyRecorder(clock)
  try {
    act(recorder)
  } finally {
    recorder.destroy()
  }
}

describe('LatencyRecorder', () => {
  it('has only zeros before the first record', () => {
    withRecorder((recorder) => {
      expect(recorder.window()).toEqual(nothing)
      expect(recorder.total()).toEqual(nothing)
    })
  })

  it('has only zeros of what took no time, which counts beside what took some', () => {
    withRecorder((recorder) => {
      recorder.record(0, 3)
      expect(recorder.window()).toEqual(nothing)
      expect(recorder.total()).toEqual(nothing)
      recorder.record(5, 1)
      expect(recorder.window()).toMatchObject({ p50: 0, max: 5 })
    })
  })

  it('gives quantiles within one per cent of the exact ones', () => {
    withRecorder((recorder) => {
      const random = seededRandom(7)
      const values = Array.from({ length: 20_000 }, () => 0.05 * 10 ** (random() * 4)).sort((a, b) => a - b)
      for (const value of values) recorder.record(value, 1)
      const { p50, p90, p99, p999, max } = recorder.total()
      for (const [quantile, value] of [
        [0.5, p50],
        [0.9, p90],
        [0.99, p99],
        [0.999, p999],
      ]) {
        const exact = values[Math.ceil(quantile * values.length) - 1]
        expect(Math.abs(value - exact) / exact).toBeLessThan(0.011)
      }
      expect(max).toBe(values[values.length - 1])
    })
  })

  it('weighs each record with its count', () => {
    withRecorder((recorder) => {
      recorder.record(1, 990)
      recorder.record(100, 10)
      expect(recorder.window().p50).toBeCloseTo(1, 1)
      expect(recorder.window().p99).toBeCloseTo(1, 1)
      expect(recorder.window().p999).toBeCloseTo(100, 0)
    })
  })

  it('forgets in the window what is older than ten seconds, second by second', () => {
    withRecorder((recorder) => {
      time.ms = 2_000_000
      recorder.record(500, 1)
      time.ms += 5000
      recorder.record(5, 1)
      time.ms = 2_009_999
      expect(recorder.window().max).toBe(500)
      time.ms = 2_010_000
      expect(recorder.window().max).toBe(5)
      recorder.record(1, 1)
      time.ms = 2_015_000
      expect(recorder.window().max).toBe(1)
      time.ms = 3_000_000
      expect(recorder.window()).toEqual(nothing)
      expect(recorder.total().max).toBe(500)
    })
  })

  it('counts what is out of range as the nearest in range', () => {
    withRecorder((recorder) => {
      recorder.record(-3, 1)
      expect(recorder.total().max).toBe(0)
      recorder.record(Infinity, 1)
      expect(recorder.total().max).toBe(600_000)
    })
  })

  it('goes on counting where 32 bits end', () => {
    withRecorder((recorder) => {
      for (let i = 0; i < 4; i++) {
        recorder.record(1, 3_000_000_000)
        time.ms += 1000
      }
      recorder.record(50, 1_000_000_000)
      expect(recorder.total().p50).toBeCloseTo(1, 1)
      expect(recorder.total().p99).toBeCloseTo(50, 0)
      expect(recorder.buckets.cumulative().at(-1)).toBe(13_000_000_000)
    })
  })

  it.each([
    [NaN, 1],
    [1, 0],
    [1, -1],
    [1, 1.5],
    [1, NaN],
  ])('takes %d ms × %d for a bug', (value, count) => {
    withRecorder((recorder) => expect(() => recorder.record(value, count)).toThrow('assertion failed'))
  })

  it('keeps cumulative buckets and their sum since the start', () => {
    withRecorder((recorder) => {
      recorder.record(0.1, 2)
      recorder.record(0.11, 3)
      recorder.record(9999, 1)
      recorder.record(20_000, 4)
      const cumulative = recorder.buckets.cumulative()
      expect(cumulative.length).toBe(LATENCY_BOUNDS_MS.length + 1)
      expect(cumulative.slice(0, 3)).toEqual([2, 5, 5])
      expect(cumulative.slice(-2)).toEqual([6, 10])
      expect(recorder.buckets.sumMs).toBeCloseTo(0.2 + 0.33 + 9999 + 80_000)
    })
  })
})

describe('LatencyBook', () => {
  it('keeps tiers and stages apart and reads a stage over all tiers', () => {
    time.ms = 5_000_000
    book.of('critical', 'routed').record(1, 1)
    book.of('bulk', 'routed').record(8, 99)
    book.of('bulk', 'processed').record(40, 1)
    expect(book.of('critical', 'routed').window().max).toBe(1)
    expect(book.of('critical', 'processed').window()).toEqual(nothing)
    expect(book.allTiers('routed').p50).toBeCloseTo(8, 0)
    expect(book.allTiers('routed').max).toBe(8)
    expect(book.allTiers('processed').max).toBe(40)
  })
})
