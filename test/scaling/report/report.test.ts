import { describe, expect, it } from 'vitest'
import type { ScalingDecision } from '../../../src/core/scaling.ts'
import { type Chart, renderChart } from '../../../src/scaling/report/chart.ts'
import { csvOf } from '../../../src/scaling/report/csv.ts'
import { efficiencyChart, efficiencyCsv } from '../../../src/scaling/report/efficiency.ts'
import { Ledger, type LedgerEntry } from '../../../src/scaling/report/ledger.ts'
import { Timeline, TIMELINE_MINUTES, type TimelinePoint } from '../../../src/scaling/report/timeline.ts'
import { NO_TIERS, POLICY, START } from '../rig.ts'

const DAY = 86_400_000
const OPTIONS = { ...POLICY, cost: { ...POLICY.cost, currency: 'EUR', perUnitHour: 1 } }

function entry(at: number, inputs: Partial<ScalingDecision['inputs']>, over: Partial<ScalingDecision> = {}) {
  const ready = inputs.ready ?? 4
  const decision: ScalingDecision = {
    ...{ id: 1, at, pool: 'workers', from: ready, wanted: ready, to: ready, forecast: null },
    ...{ policy: 'steady', limits: [], reason: '', effect: 'none' },
    inputs: {
      ...{
        demand: 1000,
        backlog: NO_TIERS,
        refused: NO_TIERS,
        serviceRate: 1000,
        utilisation: 0.25,
        ready: 4,
      },
      ...inputs,
    },
    ...over,
  }
  return { at, elapsedMs: 1000, decision, options: OPTIONS, held: 0 } satisfies LedgerEntry
}

const expecting = (expected: number): Partial<ScalingDecision> => ({
  forecast: {
    ...{ expected, upper: 2 * expected, byTier: NO_TIERS, reason: '', leadMs: 10_000, isTrusted: true },
  },
})

describe('the efficiency report', () => {
  it('accounts by day for demand, units, use, waste beyond headroom, and cost', () => {
    const ledger = new Ledger('workers')
    for (let i = 0; i < 3600; i++) ledger.take(entry(START + i * 1000, {}))
    ledger.take(entry(START + DAY, { demand: 3000, ready: 2 }))
    const [first, second] = ledger.days()
    expect(first).toMatchObject({
      ...{ day: '2026-01-05', pool: 'workers', hours: 1, meanDemand: 1000, peakDemand: 1000, meanUnits: 4 },
      ...{ unitHours: 4, utilisation: 0.25, waste: 0.5, overloadedSeconds: 0, currency: 'EUR' },
      ...{ forecastError: null, changes: 0 },
    })
    expect(first.cost).toBeCloseTo(4)
    expect(second).toMatchObject({
      day: '2026-01-06',
      peakDemand: 3000,
      utilisation: 1,
      waste: 0,
      changes: 1,
    })
  })

  it('counts neither the minimum, nor a part of a unit, nor what is set apart as waste', () => {
    const ledger = new Ledger('workers')
    ledger.take({ ...entry(START, { demand: 0 }), options: { ...OPTIONS, min: 4 } })
    ledger.take({ ...entry(START, { demand: 700 }), held: 2 })
    expect(ledger.days()[0].waste).toBe(0)
  })

  it('goes by utilisation where nobody knows what a unit does', () => {
    const ledger = new Ledger('workers')
    ledger.take(entry(START, { serviceRate: 0, utilisation: 0.25 }))
    expect(ledger.days()[0]).toMatchObject({ utilisation: 0.25, waste: 0.5 })
    expect(ledger.timeline[0].capacity).toBeNull()
  })

  it('has a share of nothing where there was nothing', () => {
    const ledger = new Ledger('workers')
    ledger.take({ ...entry(START, { ready: 0 }), options: { ...OPTIONS, min: 0 } })
    expect(ledger.days()[0]).toMatchObject({ utilisation: 0, waste: 0, unitHours: 0 })
  })

  it('counts seconds as overloaded in which readings are refused, wait too long, or more come than can be done', () => {
    const ledger = new Ledger('workers')
    ledger.take(entry(START, { refused: { ...NO_TIERS, bulk: 5 } }))
    ledger.take(entry(START + 1000, { backlog: { ...NO_TIERS, bulk: 3000 } }))
    ledger.take(entry(START + 2000, { demand: 5000, backlog: { ...NO_TIERS, bulk: 1 } }))
    ledger.take(entry(START + 3000, {}))
    expect(ledger.days()[0]).toMatchObject({ overloadedSeconds: 3, refused: 5 })
  })

  it('says what forecasts of the highest demand within the lead time were off by', () => {
    const ledger = new Ledger('workers')
    for (let i = 0; i <= 10; i++)
      ledger.take(entry(START + i * 1000, { demand: 1000 + 50 * i }, expecting(1200)))
    expect(ledger.days()[0].forecastError).toBeCloseTo(300 / 1500)
    ledger.take(entry(START + 11_000, {}))
    expect(ledger.timeline[0]).toMatchObject({ demand: 1500, expected: 1200, upper: 2400 })
  })

  it('goes on after a restart, and keeps four hundred days', () => {
    const ledger = new Ledger('workers')
    for (let day = 0; day < 401; day++) ledger.take(entry(START + day * DAY, {}))
    expect(ledger.days()).toHaveLength(400)
    const again = new Ledger('workers', ledger.kept())
    again.take(entry(START + 400 * DAY + 1000, {}))
    expect(again.days().at(-1)?.hours).toBeCloseTo(2 / 3600)
    expect(again.timeline).toHaveLength(401)
  })

  it('is a table, too', () => {
    const ledger = new Ledger('workers')
    ledger.take(entry(START, {}))
    const [head, row, end] = efficiencyCsv(ledger.days()).split('\r\n')
    expect(head).toMatch(/^day,pool,hours,.*,forecastError,changes$/)
    expect(row).toMatch(/^2026-01-05,workers,.*,EUR,,0$/)
    expect(end).toBe('')
  })

  it('is a picture, too', () => {
    const ledger = new Ledger('workers')
    for (let i = 0; i < 5; i++) ledger.take(entry(START + i * 60_000, {}, expecting(900)))
    const svg = efficiencyChart('workers', ledger.timeline)
    for (const name of ['demand', 'forecast', 'capacity', 'ready', 'desired', 'waiting'])
      expect(svg).toContain(`>${name}</text>`)
  })
})

describe('Timeline', () => {
  const point = (at: number, over: Partial<TimelinePoint> = {}): TimelinePoint => ({
    ...{ at, demand: 1, expected: null, upper: null, capacity: null, ready: 1, desired: 1, waiting: 0 },
    ...{ refused: 0, ...over },
  })

  it('keeps of each minute the highest demand and the lowest capacity', () => {
    const timeline = new Timeline()
    timeline.add(point(1000, { demand: 5, capacity: 9, expected: 4, waiting: 7 }))
    timeline.add(point(2000, { demand: 3, capacity: 8, ready: 2, refused: 1 }))
    timeline.add(point(3000, { capacity: null, expected: 6, refused: 1 }))
    expect(timeline.points).toMatchObject([
      { at: 0, demand: 5, capacity: 8, expected: 6, upper: null, ready: 1, waiting: 7, refused: 2 },
    ])
    timeline.add(point(60_000))
    timeline.add(point(61_000, { capacity: 3 }))
    expect(timeline.points[1].capacity).toBe(3)
  })

  it('keeps two days', () => {
    const timeline = new Timeline()
    for (let minute = 0; minute <= TIMELINE_MINUTES; minute++) timeline.add(point(minute * 60_000))
    expect(timeline.points).toHaveLength(TIMELINE_MINUTES)
    expect(timeline.points[0].at).toBe(60_000)
  })
})

describe('csvOf', () => {
  it('quotes what would be taken for something else, and leaves cells without a value empty', () => {
    const rows = [
      { a: 'x,"y"', b: null },
      { a: 'line\nbreak', b: 1 },
      { a: undefined, b: true },
    ]
    expect(csvOf(rows, ['a', 'b'])).toBe('a,b\r\n"x,""y""",\r\n"line\nbreak",1\r\n,true\r\n')
  })
})

describe('renderChart', () => {
  const chart = (over: Partial<Chart> = {}): Chart => ({
    title: 'load',
    times: [0, 1000, 2000, 3000],
    panels: [
      {
        title: 'p',
        lines: [
          { name: 'line', values: [0, 10, null, 20], shape: 'line' },
          { name: 'step', values: [1, 2, 2, NaN], shape: 'step' },
          { name: 'area', values: [5, 5, 5, 5], shape: 'area' },
        ],
      },
    ],
    ...over,
  })

  it('draws what it is given, with gaps where there is nothing', () => {
    const svg = renderChart(chart())
    const paths = [...svg.matchAll(/<path d="([^"]*)"/g)].map(([, d]) => d)
    expect(paths).toHaveLength(3)
    expect(paths[0]).toMatch(/^M76 .*V264H76Z$/) // the area lies behind the others
    expect(paths[1].match(/M/g)).toHaveLength(2)
    expect(paths[2]).toMatch(/^M[\d. ]+H[\d.]+V[\d.]+H[\d.]+V[\d.]+$/)
  })

  it('escapes all text', () => {
    const svg = renderChart(chart({ title: '<script>"&\u0000\u0008', marks: [{ at: 1000, text: 'a < b' }] }))
    expect(svg).not.toContain('<script>')
    expect(svg).toContain('&lt;script&gt;&quot;&amp;')
    expect(svg).toContain('a &lt; b')
  })

  it('is a document also where there is nothing to draw', () => {
    const empty = renderChart(
      chart({ times: [], panels: [{ title: 'p', lines: [{ name: 'n', values: [], shape: 'area' }] }] }),
    )
    expect(empty).toMatch(/^<svg .*<\/svg>\n$/s)
  })

  it('labels its axes so that they can be read', () => {
    const of = (most: number) =>
      renderChart(chart({ panels: [{ title: 'p', lines: [{ name: 'n', values: [most], shape: 'line' }] }] }))
    expect(of(2_000_000_000)).toContain('>2G<')
    expect(of(4_000_000)).toContain('>5M<')
    expect(of(1500)).toContain('>2k<')
    expect(of(0)).toContain('>0.3<')
    expect(renderChart(chart({ times: [START, START + 3_600_000] }))).toContain('>00:15<')
    expect(renderChart(chart({ times: [START, START + 4 * DAY] }))).toContain('>01-06 00:00<')
    expect(renderChart(chart())).toContain('>00:00:03<')
  })

  it('keeps the peaks where there are more points than can be told apart', () => {
    const times = Array.from({ length: 5000 }, (_, i) => i * 1000)
    const values = times.map((_, i) => (i === 3333 ? 1000 : i < 100 ? null : 1))
    const svg = renderChart(
      chart({ times, panels: [{ title: 'p', lines: [{ name: 'n', values, shape: 'line' }] }] }),
    )
    expect(svg.length).toBeLessThan(30_000)
    expect(svg).toMatch(/L[\d.]+ 64[L"]/) // the top of the panel
  })
})
