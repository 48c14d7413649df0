/** History with the length of its steps, which the first two rows tell. */
import { MillraceError } from '../../core/errors.ts'
import type { DemandSeries } from '../../core/scaling.ts'
import { type HistoryRow, readHistory } from './history-csv.ts'

const HOUR_MS = 3_600_000

export interface HistoryStep {
  readonly row: HistoryRow
  /** NaN = there is but one row. */
  readonly stepMs: number
}

/** Throws `bad-request` for lines that are not understood, and for steps of more than an hour. */
export async function* historySteps(
  lines: AsyncIterable<string>,
  series: readonly DemandSeries[],
): AsyncGenerator<HistoryStep> {
  let first = null as HistoryRow | null
  let stepMs = NaN
  for await (const row of readHistory(lines, series)) {
    if (first === null) first = row
    else if (Number.isNaN(stepMs)) {
      stepMs = checked(row.at - first.at)
      yield { row: first, stepMs }
      yield { row, stepMs }
    } else yield { row, stepMs }
  }
  if (first !== null && Number.isNaN(stepMs)) yield { row: first, stepMs }
}

function checked(stepMs: number): number {
  if (stepMs <= HOUR_MS) return stepMs
  const message = `history: steps of ${stepMs / HOUR_MS} hours; allowed are steps of an hour or less`
  throw new MillraceError('bad-request', message, { stepMs })
}
