/** A picture of a run: for each pool its load with forecast and capacity, its units, and latencies by tier. */
import { TIERS } from '../../core/tiers.ts'
import { type ChartPanel, renderChart } from '../../scaling/report/chart.ts'
import type { TimelineRow } from './timeline.ts'

interface ChartPool {
  readonly name: string
  readonly rows: readonly TimelineRow[]
}

export function timelineChart(title: string, pools: readonly ChartPool[]): string {
  const [{ rows }] = pools
  const panels = pools.flatMap((pool) => panelsOf(pool, pools.length > 1 ? `${pool.name}: ` : ''))
  return renderChart({ title, times: rows.map(({ at }) => at), panels, marks: marksOf(rows) })
}

function panelsOf({ rows }: ChartPool, pool: string): ChartPanel[] {
  const of = (value: (row: TimelineRow) => number): (number | null)[] =>
    rows.map((row) => (Number.isFinite(value(row)) ? value(row) : null))
  const tiers = TIERS.filter((tier) => rows.some((row) => Number.isFinite(row.p99[tier])))
  return [
    {
      title: `${pool}readings per second`,
      lines: [
        { name: 'load', values: of(({ demand }) => demand), shape: 'area' },
        { name: 'forecast', values: of(({ forecast }) => forecast), shape: 'line' },
        { name: 'capacity', values: of(({ capacity }) => capacity), shape: 'line' },
        { name: 'refused', values: of(({ refused }) => refused), shape: 'line' },
      ],
    },
    {
      title: `${pool}units`,
      lines: [
        { name: 'desired', values: of(({ desired }) => desired), shape: 'step' },
        { name: 'ready', values: of(({ ready }) => ready), shape: 'step' },
        { name: 'set apart', values: of(({ held }) => held), shape: 'step' },
      ],
    },
    {
      title: `${pool}99th percentile, ms`,
      lines: tiers.map((tier) => ({ name: tier, values: of(({ p99 }) => p99[tier]), shape: 'line' })),
    },
  ]
}

/** Where something begins that was not there in the row before. */
function marksOf(rows: readonly TimelineRow[]): { at: number; text: string }[] {
  return rows.flatMap(({ at, events }, index) => {
    const before = rows[index - 1]?.events ?? []
    return events.filter((event) => !before.includes(event)).map((text) => ({ at, text }))
  })
}
