import { describe, expect, it } from 'vitest'
import { SeasonalForecaster } from '../../../src/scaling/forecast/demand-forecaster.ts'
import { type HistoryRow, readHistory } from '../../../src/scaling/forecast/history-csv.ts'
import { parseYamlCalendar } from '../../../src/scaling/forecast/yaml-calendar.ts'
import {
  DAY_MS,
  forecasterOf,
  historyOf,
  HOUR_MS,
  linesOf,
  MINUTE_MS,
  MONDAY,
  SERIES,
  shifts,
  show,
} from './fleet.ts'

const WEEK_MS = 7 * DAY_MS

describe('SeasonalForecaster', () => {
  it('expects nothing before it has seen anything', () => {
    const { expected, upper, byTier } = forecasterOf().forecast(0, 1000, 0.9)
    expect({ expected, upper, byTier }).toEqual({
      expected: 0,
      upper: 0,
      byTier: { critical: 0, premium: 0, standard: 0, bulk: 0 },
    })
  })

  it('expects what there is from the first second on, by tier, whatever the lead', () => {
    const forecaster = forecasterOf()
    show(forecaster, MONDAY, 1, () => 500)
    for (const lead of [0, MINUTE_MS, 30 * MINUTE_MS, 5 * HOUR_MS, 30 * WEEK_MS]) {
      const { expected, upper, byTier } = forecaster.forecast(MONDAY + lead, MONDAY + lead + 1000, 0.95)
      expect(expected).toBeCloseTo(1000, 3)
      expect(upper).toBeGreaterThan(1000)
      expect(byTier.premium).toBeCloseTo(500, 3)
      expect(byTier.critical).toBe(0)
    }
  })

  it('sees a rise coming while it goes on', () => {
    const forecaster = forecasterOf()
    show(forecaster, MONDAY, 300, () => 500)
    show(forecaster, MONDAY + 300_000, 20, (at) => 500 + (at - MONDAY - 300_000) / 20)
    const now = MONDAY + 320_000
    expect(forecaster.forecast(now + 10_000, now + 20_000, 0.9).upper).toBeGreaterThan(3100)
  })

  it('knows shifts of working days hours ahead after weeks of history', async () => {
    const forecaster = forecasterOf()
    expect(await forecaster.learnFrom(historyOf(4 * 168, (at) => 2 * shifts(at)))).toBe(4 * 168)
    const end = MONDAY + 4 * WEEK_MS
    const at = (hours: number): number =>
      forecaster.forecast(end + hours * HOUR_MS, end + hours * HOUR_MS, 0.9).expected
    expect(at(10)).toBeGreaterThan(1800)
    expect(at(3)).toBeLessThan(500)
    expect(at(5 * 24 + 10)).toBeLessThan(600)
    const day = forecaster.forecast(end, end + DAY_MS, 0.95)
    expect(day.expected).toBeGreaterThan(1800)
    expect(day.upper).toBeGreaterThanOrEqual(day.expected)
  })

  it('knows what is near from history alone, before the first second', async () => {
    const forecaster = forecasterOf()
    await forecaster.learnFrom(historyOf(2 * 1440, () => 1000, MINUTE_MS))
    const end = MONDAY + 2 * DAY_MS
    const { expected, byTier } = forecaster.forecast(end, end + MINUTE_MS, 0.5)
    expect(expected).toBeCloseTo(1000, -1)
    expect(byTier.bulk).toBeCloseTo(500, -1)
    const restored = forecasterOf()
    expect(restored.restore(forecaster.snapshot())).toEqual({ restored: true })
    for (const lead of [0, 10 * MINUTE_MS, 4 * HOUR_MS]) {
      const [known, again] = [forecaster, restored].map((one) => one.forecast(end + lead, end + lead, 0.9))
      expect(again.expected).toBeCloseTo(known.expected, 3)
      expect(again.upper).toBeCloseTo(known.upper, 3)
    }
  })

  it('learns minutes from a history that has them, and refuses one of days', async () => {
    const forecaster = forecasterOf()
    const rise = (at: number): number => ((at / HOUR_MS) % 24 < 6 ? 200 : 1000)
    await forecaster.learnFrom(historyOf(2 * 1440 + 350, rise, MINUTE_MS))
    const now = MONDAY + 2 * DAY_MS + 350 * MINUTE_MS
    expect(forecaster.forecast(now + 12 * MINUTE_MS, now + 14 * MINUTE_MS, 0.5).expected).toBeGreaterThan(600)
    await expect(forecasterOf().learnFrom(historyOf(3, rise, DAY_MS))).rejects.toThrow('steps of 24 hours')
  })

  it('learns nothing from a single time, of which nobody knows how long it was', async () => {
    const forecaster = forecasterOf()
    expect(await forecaster.learnFrom(historyOf(1, () => 1000))).toBe(1)
    expect(await forecaster.learnFrom(linesOf())).toBe(0)
    expect(forecaster.forecast(MONDAY, MONDAY + HOUR_MS, 0.9).expected).toBe(0)
  })

  it('stays within what it forecasts as often as it says', async () => {
    const forecaster = forecasterOf()
    const noisy = (at: number): number => 1000 * (1 + 0.3 * Math.sin((at / 1000) ** 2))
    let inside = 0
    let asked = 0
    for (let second = 0; second < 1500; second++) {
      const at = MONDAY + second * 1000
      const { upper } = forecaster.forecast(at, at, 0.95)
      if (second > 900) {
        asked++
        inside += Number(2 * noisy(at) <= upper)
      }
      show(forecaster, at, 1, noisy)
    }
    expect(inside / asked).toBeGreaterThan(0.93)
  })

  it('raises its forecast for a known event before it begins, says why, and does not take it for a season', () => {
    const text =
      'events: [{ name: sale, starts: 2026-01-05T00:10, duration: 10m, factor: 4, readingsPerSecond: 100 }]'
    const forecaster = forecasterOf(parseYamlCalendar(text, 'c.yaml'))
    show(forecaster, MONDAY, 8 * 60, () => 500)
    const sale = MONDAY + 10 * MINUTE_MS
    const known = forecaster.forecast(sale - MINUTE_MS, sale + MINUTE_MS, 0.9)
    expect(known.expected).toBeCloseTo(4100, -1)
    expect(known.reason).toBe('sale (×4 +100/s)')
    show(forecaster, MONDAY + 8 * MINUTE_MS, 120, () => 500)
    show(forecaster, sale, 600, () => 2050)
    const after = forecaster.forecast(sale + 11 * MINUTE_MS, sale + 12 * MINUTE_MS, 0.9)
    expect(after.expected).toBeCloseTo(1000, -1)
    expect(after.reason).toBe('')
  })

  it('takes a factor for no season, either', () => {
    const text = 'events: [{ name: sale, starts: 2026-01-05T00:10, duration: 10m, factor: 4 }]'
    const forecaster = forecasterOf(parseYamlCalendar(text, 'c.yaml'))
    show(forecaster, MONDAY, 1100, (at) => (at >= MONDAY + 10 * MINUTE_MS ? 400 : 100))
    const after = MONDAY + 25 * MINUTE_MS
    expect(forecaster.forecast(after, after, 0.5).expected / 200).toBeCloseTo(1, 1)
  })

  it('forgets events that are taken away', () => {
    const text = 'events: [{ name: sale, starts: 2026-01-05T00:20, duration: 10m, factor: 4 }]'
    const forecaster = forecasterOf(parseYamlCalendar(text, 'c.yaml'))
    show(forecaster, MONDAY, 300, () => 500)
    const sale = MONDAY + 21 * MINUTE_MS
    expect(forecaster.forecast(sale, sale, 0.9).expected).toBeCloseTo(4000, -2)
    forecaster.replaceEvents([])
    expect(forecaster.forecast(sale, sale, 0.9).expected).toBeCloseTo(1000, -2)
  })

  it.each(['outage', 'maintenance'] as const)('learns nothing of a masked time: %s', (mask) => {
    const forecaster = forecasterOf()
    show(forecaster, MONDAY, 2400, () => 500)
    const before = forecaster.accuracy()
    show(forecaster, MONDAY + 2_400_000, 1200, () => 0, mask)
    const now = MONDAY + 3_600_000
    expect(forecaster.accuracy().wape).toBeCloseTo(before.wape, 6)
    expect(forecaster.forecast(now, now + MINUTE_MS, 0.5).expected).toBeCloseTo(1000, -1)
  })

  it('is not poisoned by an outage that nobody masks', () => {
    const forecaster = forecasterOf()
    show(forecaster, MONDAY, 2400, () => 500)
    show(forecaster, MONDAY + 2_400_000, 600, () => 0)
    const now = MONDAY + 3_000_000
    expect(forecaster.accuracy()).toMatchObject({ isTrusted: true })
    show(forecaster, now, 120, () => 500)
    expect(forecaster.forecast(now + 180_000, now + 240_000, 0.5).expected).toBeGreaterThan(800)
  })

  it('expects more when devices announce themselves', () => {
    const forecaster = forecasterOf()
    let devices = 100
    for (let second = 0; second < 400; second++) {
      const activations = second < 300 ? 2 : second === 399 ? 500 : 0
      if (second < 300) devices += 2
      const arrivals = Float64Array.of(devices * 5, devices * 5)
      forecaster.observe({ at: MONDAY + second * 1000, arrivals, activations, mask: null })
    }
    const now = MONDAY + 400_000
    const { expected, upper } = forecaster.forecast(now, now + 30_000, 0.5)
    expect(expected).toBeGreaterThan(devices * 10 + 3000)
    expect(upper).toBeGreaterThanOrEqual(expected)
  })

  it('expects nothing of a fleet that is silent, and of any number of hours to come', () => {
    const forecaster = forecasterOf()
    show(forecaster, MONDAY, 3700, () => 0)
    const now = MONDAY + 3_700_000
    for (let hour = 0; hour < 600; hour++) {
      expect(forecaster.forecast(now + hour * HOUR_MS, now + hour * HOUR_MS, 0.9).expected).toBe(0)
    }
  })

  it('keeps in a snapshot a minute that was only just over, of however many series', () => {
    const series = Array.from({ length: 40 }, (_, i) => ({ tier: 'bulk' as const, region: `region-${i}` }))
    const made = (): SeasonalForecaster =>
      new SeasonalForecaster({ series, timeZone: 'UTC', leadMs: MINUTE_MS, events: [] })
    const [first, second] = [made(), made()]
    const tick = (forecaster: SeasonalForecaster, second: number): void => {
      const arrivals = new Float64Array(series.length).fill(25)
      forecaster.observe({ at: MONDAY + second * 1000, arrivals, activations: 0, mask: null })
    }
    for (let second = 0; second <= 60; second++) tick(first, second)
    second.restore(first.snapshot())
    tick(second, 61)
    const ahead = MONDAY + 20 * MINUTE_MS
    expect(second.forecast(ahead, ahead, 0.5).expected).toBeCloseTo(1000, 3)
    for (let second = 61; second <= 130; second++) tick(first, second)
    expect(first.forecast(ahead, ahead, 0.5).expected).toBeCloseTo(1000, 3)
  })

  it('thinks over what it expected when an hour has ended', async () => {
    const forecaster = forecasterOf()
    await forecaster.learnFrom(historyOf(30, () => 1000))
    const now = MONDAY + 30 * HOUR_MS
    const ask = (): number => forecaster.forecast(now + 4 * HOUR_MS, now + 4 * HOUR_MS, 0.9).expected
    show(forecaster, now, 1, () => 1000)
    const before = ask()
    show(forecaster, now + 1000, 3700, () => 1000)
    expect(ask()).toBeGreaterThan(before + 100)
  })

  it('goes on from a snapshot as if nothing had happened', async () => {
    const first = forecasterOf()
    await first.learnFrom(historyOf(3 * 168 + 5, (at) => 2 * shifts(at)))
    const second = forecasterOf()
    const bytes = first.snapshot()
    expect(second.restore(bytes)).toEqual({ restored: true })
    const now = MONDAY + 3 * WEEK_MS + 5 * HOUR_MS
    for (const forecaster of [first, second]) show(forecaster, now, 1, () => 100)
    const ask = (forecaster: typeof first): number =>
      forecaster.forecast(now + 4 * HOUR_MS, now + 5 * HOUR_MS, 0.5).expected
    expect(ask(second)).toBeCloseTo(ask(first), -2)
    expect(ask(second)).toBeGreaterThan(1500)
  })

  it('refuses a snapshot that is damaged, of another version, of other series or cut off, and stays as it was', () => {
    const forecaster = forecasterOf()
    show(forecaster, MONDAY, 100, () => 500)
    const bytes = forecaster.snapshot()
    const changed = (at: number, to = 0xff): Uint8Array => {
      const copy = bytes.slice()
      copy[at] = to
      return copy
    }
    const reason = (read: Uint8Array, by = forecasterOf()): string => {
      const outcome = by.restore(read)
      return outcome.restored ? 'restored' : outcome.reason
    }
    expect(reason(bytes.subarray(0, 9))).toContain('too few')
    expect(reason(changed(0))).toContain('not a snapshot')
    expect(reason(changed(4))).toContain('version 255')
    expect(reason(changed(bytes.length - 9))).toContain('damaged')
    expect(reason(bytes.subarray(0, bytes.length - 8))).toContain('damaged')
    expect(reason(bytes, forecasterOf([], 'Europe/Berlin'))).toContain('other series or another time zone')
    expect(reason(bytes)).toBe('restored')
  })
})

describe('readHistory', () => {
  const read = async (...lines: readonly string[]): Promise<readonly HistoryRow[]> => {
    const rows: HistoryRow[] = []
    for await (const row of readHistory(linesOf(...lines), SERIES)) rows.push(row)
    return rows
  }

  it('reads times in several ways and divides what is not told apart', async () => {
    const rows = await read(
      '"region","timestamp","value","tier"',
      'eu,2026-01-05 00:00:00,10,premium',
      '',
      ',2026-01-05T00:00Z,4,',
    )
    expect(rows).toEqual([{ at: MONDAY, demand: Float64Array.of(12, 2), lent: [[0, 1]] }])
    expect((await read('time,demand', `${MONDAY},6`, `${MONDAY + 1},8`)).map(({ at }) => at)).toEqual([
      MONDAY,
      MONDAY + 1,
    ])
    expect(await read('time,demand')).toEqual([])
  })

  it.each([
    [['time,load'], 'line 1: column "load"'],
    [['time,tier'], 'line 1: has no column demand'],
    [['time,demand', 'soon,1'], 'line 2: time "soon"'],
    [['time,demand', '5,-1'], 'line 2: demand "-1"'],
    [['time,demand', '5'], 'line 2: demand ""'],
    [['time,demand', '5,1', '4,1'], 'line 3: is older'],
    [['time,demand,tier', '5,1,gold'], 'line 2: no series has tier "gold"'],
  ])('refuses %j', async (lines, why) => {
    await expect(read(...lines)).rejects.toThrow(why)
  })
})
