/** The efficiency report of pools: its document, its table, its picture. */
import { type Chart, renderChart } from './chart.ts'
import { csvOf } from './csv.ts'
import type { DayReport } from './day.ts'
import type { TimelinePoint } from './timeline.ts'

const COLUMNS: readonly (keyof DayReport)[] = [
  ...(['day', 'pool', 'hours', 'meanDemand', 'peakDemand', 'meanUnits', 'unitHours', 'utilisation'] as const),
  ...(['waste', 'overloadedSeconds', 'refused', 'cost', 'currency', 'forecastError', 'changes'] as const),
]

export const efficiencyCsv = (days: readonly DayReport[]): string => csvOf(days, COLUMNS)

/** Load, forecast and capacity, and below it the units. */
export function efficiencyChart(pool: string, points: readonly TimelinePoint[]): string {
  const of = (value: (point: TimelinePoint) => number | null): (number | null)[] => points.map(value)
  const chart: Chart = {
    title: `${pool}: demand, forecast and capacity`,
    times: points.map(({ at }) => at),
    panels: [
      {
        title: 'readings per second',
        lines: [
          { name: 'demand', values: of(({ demand }) => demand), shape: 'area' },
          { name: 'forecast', values: of(({ expected }) => expected), shape: 'line' },
          { name: 'capacity', values: of(({ capacity }) => capacity), shape: 'step' },
        ],
      },
      {
        title: 'units',
        lines: [
          { name: 'ready', values: of(({ ready }) => ready), shape: 'step' },
          { name: 'desired', values: of(({ desired }) => desired), shape: 'step' },
        ],
      },
      {
        title: 'readings that waited, at most',
        lines: [{ name: 'waiting', values: of(({ waiting }) => waiting), shape: 'line' }],
      },
    ],
  }
  return renderChart(chart)
}
