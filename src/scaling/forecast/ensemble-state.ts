/**
 * What an ensemble remembers of all its series: typed arrays, so that a snapshot is a copy of bytes. Nothing here grows.
 *
 *   by series ............... last, seen, doubtful, scale, lent
 *   by row .................. level, trend, error
 *   by slot, then row ....... day, week
 *   by lead, then row ....... score, weight · made: by lead and step, then row: forecasts that wait for their step
 *
 * A row is a member of a series: `series * members + member`. Rows are the innermost, because whoever looks at a step looks
 * at one slot of all series: what they need lies side by side and not a table apart each.
 */
import type { EnsembleShape } from './ensemble-shape.ts'
import type { Learned } from './snapshot.ts'

export interface EnsembleState {
  /** Series × members. */
  readonly rows: number
  /** Step that was taken up last; NaN = none. */
  readonly last: Float64Array
  /** Steps taken up since the first with demand. */
  readonly seen: Float64Array
  /** Steps in a row that looked like an outage. */
  readonly doubtful: Float64Array
  /** Usual size of the starter's error. */
  readonly scale: Float64Array
  /** Number of its group where its history is a part of a sum, see lent-history.ts; 0 = its history is its own. */
  readonly lent: Float64Array
  readonly level: Float64Array
  readonly trend: Float64Array
  readonly error: Float64Array
  readonly day: Float32Array
  readonly week: Float32Array
  readonly score: Float64Array
  readonly weight: Float64Array
  readonly made: Float32Array
}

/** What a snapshot keeps, in a fixed order. */
export const learnedOf = (state: EnsembleState): Learned => [
  ...[state.last, state.seen, state.doubtful, state.scale, state.lent],
  ...[state.level, state.trend, state.error],
  ...[state.day, state.week, state.score, state.weight, state.made],
]

export const INITIAL_SCALE = 0.1

export function ensembleState({ series, members, leads, season }: EnsembleShape): EnsembleState {
  const rows = series * members.length
  const longest = leads.reduce((sum, lead) => sum + lead, 0)
  return {
    rows,
    last: new Float64Array(series).fill(NaN),
    seen: new Float64Array(series),
    doubtful: new Float64Array(series),
    scale: new Float64Array(series).fill(INITIAL_SCALE),
    lent: new Float64Array(series),
    level: new Float64Array(rows),
    trend: new Float64Array(rows),
    error: new Float64Array(rows),
    day: new Float32Array(rows * season.daySlots),
    week: new Float32Array(rows * season.weekSlots),
    score: new Float64Array(rows * leads.length),
    weight: new Float64Array(rows * leads.length).fill(1 / members.length),
    made: new Float32Array(rows * longest).fill(NaN),
  }
}
