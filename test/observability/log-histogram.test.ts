import fc from 'fast-check'
import { build } from 'hdr-histogram-js'
import { describe, expect, it } from 'vitest'
import { LogHistogram } from '../../src/observability/log-histogram.ts'

const MOST = 3_600_000_000
const PERCENTS = [0.1, 1, 25, 50, 90, 99, 99.9, 100]

const digits = fc.constantFrom(2 as const, 3 as const)
/** Of all sizes alike, and both ends of what steps there are. */
const value = fc.oneof(
  fc.integer({ min: 0, max: 31 }).map((bits) => 2 ** bits),
  fc.integer({ min: 1, max: 31 }).map((bits) => 2 ** bits - 1),
  fc.double({ min: 0, max: Math.log(MOST), noNaN: true }).map((power) => Math.floor(Math.exp(power))),
  fc.constantFrom(0, MOST),
)
const records = fc.array(fc.tuple(value, fc.integer({ min: 1, max: 1000 })), { maxLength: 50 })

const model = (significantDigits: 2 | 3) =>
  build({
    ...{ bitBucketSize: 64, autoResize: false, lowestDiscernibleValue: 1, highestTrackableValue: MOST },
    numberOfSignificantValueDigits: significantDigits,
  })

describe('LogHistogram', () => {
  it('has the quantiles of HdrHistogram', () => {
    fc.assert(
      fc.property(digits, records, (kind, all) => {
        const histogram = new LogHistogram(kind, MOST)
        const expected = model(kind)
        for (const [number, count] of all) {
          histogram.record(number, count)
          expected.recordValueWithCount(number, count)
        }
        expect(histogram.count).toBe(expected.totalCount)
        expect(histogram.max).toBe(Math.max(0, ...all.map(([number]) => number)))
        for (const percent of PERCENTS)
          expect(histogram.percentile(percent)).toBe(expected.getValueAtPercentile(percent))
      }),
    )
  })

  it('is, with another added, one of all their numbers', () => {
    fc.assert(
      fc.property(digits, records, records, (kind, some, others) => {
        const [first, second, both] = [some, others, [...some, ...others]].map((all) => {
          const histogram = new LogHistogram(kind, MOST)
          for (const [number, count] of all) histogram.record(number, count)
          return histogram
        })
        first.add(second)
        expect([first.count, first.max]).toEqual([both.count, both.max])
        for (const percent of PERCENTS) expect(first.percentile(percent)).toBe(both.percentile(percent))
      }),
    )
  })

  it('knows of nothing that was before a reset', () => {
    const histogram = new LogHistogram(2, MOST)
    histogram.record(1_000_000, 3)
    histogram.reset()
    expect([histogram.count, histogram.max, histogram.percentile(99)]).toEqual([0, 0, 0])
    histogram.record(5)
    expect([histogram.count, histogram.max, histogram.percentile(99)]).toEqual([1, 5, 5])
  })

  it.each([-1, NaN, 1001, Infinity])('takes %d for a bug, where 1000 is the most', (number) => {
    expect(() => new LogHistogram(2, 1000).record(number)).toThrow('assertion failed')
  })

  it('is added to histograms of its kind alone', () => {
    expect(() => new LogHistogram(2, 1000).add(new LogHistogram(3, 1000))).toThrow('assertion failed')
    expect(() => new LogHistogram(2, 1000).add(new LogHistogram(2, 999))).toThrow('assertion failed')
  })
})
