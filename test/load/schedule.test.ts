import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pace, ramp, saturating, steady } from '../../src/load/schedule.ts'

describe('steady', () => {
  it('gives as many frames as rate times time', () => {
    expect(steady(250).framesBy(2000)).toBe(500)
    expect(steady(250).timeOf(500)).toBe(2000)
  })
})

describe('ramp', () => {
  it('covers the area under the line and goes on at the last rate', () => {
    const schedule = ramp(1000, 3000, 10_000)
    expect(schedule.framesBy(10_000)).toBeCloseTo(20_000)
    expect(schedule.framesBy(11_000)).toBeCloseTo(23_000)
    expect(schedule.framesBy(5000)).toBeCloseTo(1000 * 5 + 500 * 5)
  })

  it('falls as well, and may start from nothing', () => {
    expect(ramp(2000, 1000, 1000).framesBy(1000)).toBeCloseTo(1500)
    expect(ramp(0, 1000, 1000).timeOf(0)).toBe(0)
    expect(ramp(0, 1000, 1000).timeOf(500)).toBeCloseTo(1000)
  })

  it('has timeOf as the inverse of framesBy', () => {
    const rates = fc.double({ min: 1, max: 1e6, noNaN: true })
    const times = fc.double({ min: 1, max: 60_000, noNaN: true })
    fc.assert(
      fc.property(
        rates,
        rates,
        times,
        fc.double({ min: 0, max: 2, noNaN: true }),
        (from, to, rampMs, part) => {
          const schedule = ramp(from, to, rampMs)
          const at = rampMs * part
          expect(schedule.timeOf(schedule.framesBy(at))).toBeCloseTo(at, 3)
        },
      ),
    )
  })
})

describe('Pace', () => {
  it('sends each frame exactly once on virtual time, none early and none late', () => {
    const pace = new Pace(ramp(100, 1000, 3000), 1, 0)
    let sent = 0
    for (let now = 0; now <= 5000; now += 0.5) {
      for (const due = pace.dueBy(now); sent < due; sent++) {
        expect(pace.intendedAt(sent)).toBeLessThanOrEqual(now + 1e-6)
        expect(pace.intendedAt(sent)).toBeGreaterThan(now - 0.5 - 1e-6)
      }
    }
    expect(sent).toBe(1650 + 2000)
  })

  it('divides a schedule by weight: together the parts are the whole', () => {
    const schedule = steady(997)
    const weights = [0.5, 0.3, 0.15, 0.05]
    const parts = weights.map((weight, i) => new Pace(schedule, weight, i / weights.length))
    const total = parts.reduce((sum, part) => sum + part.dueBy(100_000), 0)
    expect(Math.abs(total - 99_700)).toBeLessThanOrEqual(weights.length)
    expect(parts[0].dueBy(100_000) / 99_700).toBeCloseTo(0.5, 3)
  })

  it('starts equal parts one after the other, not all at once', () => {
    const starts = [0, 1, 2, 3].map((i) => new Pace(steady(1000), 1 / 4, i / 4).intendedAt(0))
    expect(starts).toEqual([0, 1, 2, 3])
  })

  it('has everything due without a schedule', () => {
    const pace = new Pace(saturating, 0.25, 0)
    expect(pace.openLoop).toBe(false)
    expect(pace.dueBy(1)).toBe(Infinity)
  })
})
