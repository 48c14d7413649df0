import { describe, expect, it } from 'vitest'
import { RollingAccuracy } from '../../../src/scaling/forecast/accuracy.ts'
import { Announced } from '../../../src/scaling/forecast/announced.ts'
import { LeadBand } from '../../../src/scaling/forecast/lead-band.ts'
import { RatioSketch } from '../../../src/scaling/forecast/ratio-sketch.ts'
import { ShortTerm, trendReach } from '../../../src/scaling/forecast/short-term.ts'
import { StepMeans } from '../../../src/scaling/forecast/step-means.ts'
import { zonedSeason, zoneOffset } from '../../../src/scaling/forecast/zoned-season.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, MONDAY } from './fleet.ts'

describe('RatioSketch', () => {
  it('gives the quantiles of the ratios seen, whatever their distribution', () => {
    const sketch = new RatioSketch(2000)
    for (let i = 0; i < 20_000; i++) sketch.add(i % 10 === 0 ? 3 : 1)
    expect(sketch.quantile(0.5)).toBeCloseTo(1, 1)
    expect(sketch.quantile(0.95)).toBeGreaterThan(2.8)
    expect(sketch.quantile(0.95)).toBeLessThan(3.2)
  })

  it('forgets', () => {
    const sketch = new RatioSketch(50)
    for (let i = 0; i < 1000; i++) sketch.add(4)
    for (let i = 0; i < 1000; i++) sketch.add(1)
    expect(sketch.quantile(0.99)).toBeLessThan(1.1)
  })

  it('is cautious before it has seen much, and bounded by what it can tell apart', () => {
    expect(new RatioSketch(50).quantile(0.95)).toBeGreaterThan(1.2)
    const sketch = new RatioSketch(50)
    for (let i = 0; i < 500; i++) sketch.add(1e9)
    expect(sketch.quantile(0.5)).toBeLessThanOrEqual(16)
    expect(sketch.quantile(1.1)).toBeCloseTo(16, 6)
    for (let i = 0; i < 500; i++) sketch.add(0)
    expect(sketch.quantile(0.5)).toBeLessThan(0.1)
  })
})

describe('ShortTerm', () => {
  const expected = (short: ShortTerm, reach: number): number =>
    short.predictTiers(reach, null, new Float64Array(4))[0]

  it('carries a rise on, damped and at most to four times the level', () => {
    const short = new ShortTerm(Uint8Array.of(0))
    for (let second = 0; second < 60; second++) short.observe(Float64Array.of(1000 + 100 * second))
    expect(expected(short, trendReach(5))).toBeGreaterThan(7000)
    expect(expected(short, trendReach(5))).toBeLessThan(7500)
    expect(expected(short, 1e6)).toBeCloseTo(expected(short, 0) * 4)
  })

  it('never expects less than nothing', () => {
    const short = new ShortTerm(Uint8Array.of(0))
    for (let second = 0; second < 20; second++)
      short.observe(Float64Array.of(Math.max(0, 1000 - 100 * second)))
    expect(expected(short, trendReach(600))).toBe(0)
  })
})

describe('StepMeans', () => {
  it('ends a step with the mean of what was shown, and says nothing of a step hardly seen', () => {
    const means = new StepMeans(1, MINUTE_MS)
    expect(means.advance(0)).toBeNull()
    means.add(Float64Array.of(10), 30)
    means.add(Float64Array.of(20), 10)
    expect(means.advance(30_000)).toBeNull()
    expect(means.advance(MINUTE_MS)).toEqual({ step: 0, means: Float64Array.of(12.5) })
    means.add(Float64Array.of(10), 2)
    expect(means.advance(5 * MINUTE_MS)).toBeNull()
  })
})

describe('zonedSeason', () => {
  it('keeps a local hour in its slot when the clocks change', () => {
    const season = zonedSeason(HOUR_MS, zoneOffset('Europe/Berlin'))
    const six = (day: number, utcHour: number): number =>
      season.daySlot((Date.UTC(2026, 9, day) + utcHour * HOUR_MS) / HOUR_MS)
    expect([six(24, 4), six(25, 5), six(26, 5)]).toEqual([6, 6, 6])
    expect(season.weekSlot(Date.UTC(2026, 9, 26, 5) / HOUR_MS)).toBe((4 * 24 + 6) % 168)
  })

  it('knows the same time again, and any number of times', () => {
    const offset = zoneOffset('Asia/Kolkata')
    for (let probe = 0; probe < 4200; probe++)
      expect(offset(MONDAY + probe * 30 * MINUTE_MS)).toBe(5.5 * HOUR_MS)
    expect(offset(MONDAY)).toBe(5.5 * HOUR_MS)
  })

  it('refuses a time zone that is not there', () => {
    expect(() => zoneOffset('Mars/Olympus')).toThrow('time zone "Mars/Olympus" is not known')
  })
})

describe('LeadBand', () => {
  const span = { fromMs: 0, untilMs: 5000 }

  it('gives weight to the ways that were right', () => {
    const band = new LeadBand(span)
    for (let trial = 0; trial < 30; trial++) {
      const now = trial * 10_000
      band.begin(now, Float64Array.of(50, 100, NaN, 400), 100)
      for (let second = 0; second <= 5; second++) band.observe(now + second * 1000, 100)
    }
    const [level, trend, minute, hour] = band.weights(Float64Array.of(1, 1, NaN, 1))
    expect(trend).toBeGreaterThan(0.9)
    expect(minute).toBe(0)
    expect(level + trend + hour).toBeCloseTo(1)
  })

  it('learns nothing from a trial with a masked second, or without any', () => {
    const band = new LeadBand(span)
    const before = band.errors.slice()
    band.begin(0, Float64Array.of(1, 1, 1, 1), 1)
    band.observe(1000, NaN)
    band.begin(10_000, Float64Array.of(1, 1, 1, 1), 1)
    band.observe(60_000, 500)
    expect(band.errors).toEqual(before)
  })
})

describe('Announced', () => {
  it('learns what a device brings, and expects it of the next ones until it fades', () => {
    const announced = new Announced()
    let devices = 0
    const second = (at: number, activations: number): void => {
      devices += activations
      announced.observe(at * 1000, activations, devices * 3)
    }
    for (let at = 0; at < 300; at++) second(at, 2)
    expect(announced.learned[0]).toBeGreaterThan(2)
    expect(announced.learned[0]).toBeLessThan(4)
    announced.observe(300_000, 1000, devices * 3)
    expect(announced.expected()).toBeGreaterThan(devices * 3 + 2000)
    for (let at = 301; at < 800; at++) announced.observe(at * 1000, 0, devices * 3)
    expect(announced.expected()).toBe(0)
  })

  it('learns nothing over a gap or a mask', () => {
    const announced = new Announced()
    announced.observe(0, 100, 10)
    announced.observe(90_000, 100, 5000)
    announced.observe(120_000, 100, NaN)
    announced.observe(150_000, 100, 9000)
    announced.observe(180_000, 0, 9000)
    expect(announced.learned[0]).toBe(0)
  })
})

describe('RollingAccuracy', () => {
  const run = (
    accuracy: RollingAccuracy,
    minutes: number,
    demand: (minute: number) => number,
    from = 0,
  ): void => {
    for (let minute = from; minute < from + minutes; minute++) {
      accuracy.observe(MONDAY + minute * MINUTE_MS, demand(minute))
      accuracy.observe(MONDAY + minute * MINUTE_MS + 30_000, demand(minute))
    }
  }
  const wave = (minute: number): number => 1000 + 800 * Math.sin(minute / 3)

  it('trusts a forecast after half an hour in which it was better than naive', () => {
    const accuracy = new RollingAccuracy(MINUTE_MS, (at) => wave(Math.floor((at - MONDAY) / MINUTE_MS)))
    expect(accuracy.read()).toEqual({ wape: NaN, naiveWape: NaN, seasonalNaiveWape: NaN, isTrusted: false })
    run(accuracy, 20, wave)
    expect(accuracy.read().isTrusted).toBe(false)
    run(accuracy, 20, wave, 20)
    expect(accuracy.read()).toMatchObject({ wape: 0, isTrusted: true })
    expect(accuracy.read().naiveWape).toBeGreaterThan(0.1)
  })

  it('trusts one whose error is small, although a quiet night is still easier to measure', () => {
    const trusted = (share: number): boolean => {
      const accuracy = new RollingAccuracy(MINUTE_MS, () => share * 1000)
      run(accuracy, 60, () => 1000)
      return accuracy.read().isTrusted
    }
    expect([trusted(1.04), trusted(1.06)]).toEqual([true, false])
  })

  it('gives up trust only when it is clearly worse than naive', () => {
    let share = 1
    const accuracy = new RollingAccuracy(
      2 * MINUTE_MS,
      (at) => share * wave(Math.floor((at - MONDAY) / MINUTE_MS)),
    )
    run(accuracy, 60, wave)
    expect(accuracy.read().isTrusted).toBe(true)
    share = 5
    run(accuracy, 120, wave, 60)
    expect(accuracy.read().isTrusted).toBe(false)
  })

  it('compares with a day and a week ago, whichever is better', () => {
    const accuracy = new RollingAccuracy(MINUTE_MS, () => 1)
    const weekly = (minute: number): number => 100 + (minute % 10_080)
    run(accuracy, 2 * 1440, weekly)
    expect(accuracy.read().seasonalNaiveWape).toBeGreaterThan(0.3)
    run(accuracy, 15 * 1440, weekly, 2 * 1440)
    expect(accuracy.read().seasonalNaiveWape).toBeCloseTo(0)
  })

  it('leaves out masked minutes and gaps', () => {
    const accuracy = new RollingAccuracy(MINUTE_MS, () => 100)
    run(accuracy, 40, () => 100)
    run(accuracy, 40, () => NaN, 40)
    run(accuracy, 40, () => 100, 30 * 1440)
    expect(accuracy.read().wape).toBe(0)
    expect(DAY_MS).toBe(1440 * MINUTE_MS)
  })
})
