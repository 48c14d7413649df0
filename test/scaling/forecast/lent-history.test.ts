import { describe, expect, it } from 'vitest'
import { SeasonalForecaster } from '../../../src/scaling/forecast/demand-forecaster.ts'
import { DAY_MS, forecasterOf, historyOf, HOUR_MS, linesOf, MINUTE_MS, MONDAY } from './fleet.ts'

/** Shows seconds from `from` on, with this demand of each series. */
function live(forecaster: SeasonalForecaster, from: number, seconds: number, ...demand: number[]): void {
  for (let second = 0; second < seconds; second++) {
    const arrivals = Float64Array.from(demand)
    forecaster.observe({ at: from + second * 1000, arrivals, activations: 0, mask: null })
  }
}

/** By series, a quarter of an hour later. */
function later(forecaster: SeasonalForecaster, now: number): readonly number[] {
  const ahead = now + 15 * MINUTE_MS
  const { byTier } = forecaster.forecast(ahead, ahead, 0.5)
  return [byTier.premium, byTier.bulk]
}

describe('history that does not tell series apart', () => {
  it.each([
    ['hours', 1 / 4],
    ['days', 3],
    ['weeks', 15],
  ])('teaches their sum, and each takes its share when it is seen: %s of it', async (_, days) => {
    const forecaster = forecasterOf()
    await forecaster.learnFrom(historyOf(days * 1440, () => 1000, MINUTE_MS))
    const now = MONDAY + days * DAY_MS
    const even = later(forecaster, now)
    expect(even[0]).toBeCloseTo(500, -1)
    expect(even[1]).toBeCloseTo(500, -1)
    live(forecaster, now, 130, 900, 100)
    const shared = later(forecaster, now + 130_000)
    expect(shared[0]).toBeCloseTo(900, -1)
    expect(shared[1]).toBeCloseTo(100, -1)
  })

  it('keeps the shape of the days: what is usual of the sum at a time is divided as demand is', async () => {
    const forecaster = forecasterOf()
    const half = (at: number): number => ((at / MINUTE_MS) % 60 < 30 ? 1000 : 4000)
    await forecaster.learnFrom(historyOf(2 * 1440, half, MINUTE_MS))
    const now = MONDAY + 2 * DAY_MS
    live(forecaster, now, 20 * 60, 750, 250)
    const next = later(forecaster, now + 20 * MINUTE_MS)
    expect(next[0] / (next[0] + next[1])).toBeCloseTo(0.75, 1)
    expect(next[0]).toBeGreaterThan(2000)
  })

  it('has no part in the hour in which it ends', async () => {
    const forecaster = forecasterOf()
    await forecaster.learnFrom(historyOf(2 * 1440 + 40, () => 1000, MINUTE_MS))
    const now = MONDAY + 2 * DAY_MS + 40 * MINUTE_MS
    live(forecaster, now, 25 * 60, 990, 10)
    const ahead = now + 5 * HOUR_MS
    const { byTier } = forecaster.forecast(ahead, ahead, 0.5)
    expect(byTier.bulk).toBeGreaterThan(9)
    expect(byTier.bulk).toBeLessThan(11)
  })

  it('teaches nothing to a series without demand, which begins anew when there is some', async () => {
    const forecaster = forecasterOf()
    await forecaster.learnFrom(historyOf(2 * 1440, () => 1000, MINUTE_MS))
    const now = MONDAY + 2 * DAY_MS
    live(forecaster, now, 300, 1000, 0)
    expect(later(forecaster, now + 300_000)).toEqual([expect.closeTo(1000, -1), 0])
    live(forecaster, now + 300_000, 300, 1000, 200)
    expect(later(forecaster, now + 600_000)[1]).toBeGreaterThan(100)
  })

  it('waits with it while there is next to nothing, and where nothing was expected', async () => {
    const forecaster = forecasterOf()
    await forecaster.learnFrom(historyOf(2 * 1440, () => 1000, MINUTE_MS))
    const now = MONDAY + 2 * DAY_MS
    live(forecaster, now, 120, 5, 0)
    expect(later(forecaster, now + 120_000)[1]).toBeGreaterThan(400)
    live(forecaster, now + 120_000, 180, 800, 200)
    expect(later(forecaster, now + 300_000)[1]).toBeCloseTo(200, -1)
    const silent = forecasterOf()
    await silent.learnFrom(historyOf(1440, () => 0, MINUTE_MS))
    live(silent, MONDAY + DAY_MS, 180, 800, 200)
    const [premium, bulk] = later(silent, MONDAY + DAY_MS + 180_000)
    expect(bulk / (premium + bulk)).toBeCloseTo(0.2, 2)
  })

  it('is settled by later lines that do tell, and by a snapshot is not forgotten', async () => {
    const forecaster = forecasterOf()
    const lines = ['time,demand,tier']
    for (let minute = 0; minute < 1500; minute++) lines.push(`${MONDAY + minute * MINUTE_MS},1000,`)
    const told = [...lines]
    for (let minute = 1500; minute < 1503; minute++)
      for (const [tier, demand] of [
        ['premium', 700],
        ['bulk', 300],
      ])
        told.push(`${MONDAY + minute * MINUTE_MS},${demand},${tier}`)
    await forecaster.learnFrom(linesOf(...told))
    const now = MONDAY + 1503 * MINUTE_MS
    live(forecaster, now, 1, 700, 300)
    expect(later(forecaster, now)[0]).toBeCloseTo(700, -1)
    const [first, second] = [forecasterOf(), forecasterOf()]
    await first.learnFrom(linesOf(...lines))
    second.restore(first.snapshot())
    live(second, MONDAY + 1500 * MINUTE_MS, 130, 700, 300)
    expect(later(second, MONDAY + 1502 * MINUTE_MS)[0]).toBeCloseTo(700, -1)
  })

  it('of some series leaves those alone that it is not of', async () => {
    const series = [
      { tier: 'premium', region: 'eu' },
      { tier: 'premium', region: 'us' },
      { tier: 'bulk', region: 'eu' },
    ] as const
    const forecaster = new SeasonalForecaster({ series, timeZone: 'UTC', leadMs: MINUTE_MS, events: [] })
    const lines = ['time,demand,tier,region']
    for (let minute = 0; minute < 1500; minute++) {
      const at = MONDAY + minute * MINUTE_MS
      lines.push(`${at},600,premium,`, `${at},100,bulk,eu`)
      if (minute % 2 === 0) lines.push(`${at},0,,`)
    }
    await forecaster.learnFrom(linesOf(...lines))
    const now = MONDAY + 1500 * MINUTE_MS
    expect(later(forecaster, now)).toEqual([expect.closeTo(600, -1), expect.closeTo(100, -1)])
    live(forecaster, now, 130, 500, 100, 100)
    expect(later(forecaster, now + 130_000)).toEqual([expect.closeTo(600, -1), expect.closeTo(100, -1)])
  })
})
