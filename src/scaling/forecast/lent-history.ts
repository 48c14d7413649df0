/**
 * History that doesn't tell series apart is divided evenly over those it may be of: it says what their sum is, and the shape
 * of their days. With the first step of which more is known, each takes over the share of the sum that it has in it; what
 * has no demand then begins anew. Until there is about as much demand as was expected of all, nothing is concluded.
 */
import type { EnsembleShape } from './ensemble-shape.ts'
import { type EnsembleState, INITIAL_SCALE } from './ensemble-state.ts'

/** Of the sum expected, what must be there for shares to be taken from it. */
const ENOUGH = 0.1

/** Where one group lies in another, the series of both are of one. */
export function lend({ lent }: EnsembleState, groups: readonly (readonly number[])[]): void {
  for (const group of groups) {
    const number = Math.min(...group) + 1
    for (const series of group) lent[series] = lent[series] === 0 ? number : Math.min(lent[series], number)
  }
}

/** Of the series whose history is lent, those that can take over their shares, and what is then expected of each. */
export function sharesOf(
  { lent }: EnsembleState,
  means: Float64Array,
  expected: (series: number) => number,
): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  for (const series of groupsOf(lent)) {
    const usual = series.reduce((sum, one) => sum + expected(one), 0)
    const now = series.reduce((sum, one) => sum + means[one], 0)
    if (usual === 0 || now < usual * ENOUGH) continue
    for (const one of series) found.set(one, (usual * means[one]) / now)
  }
  return found
}

function groupsOf(lent: Float64Array): readonly (readonly number[])[] {
  const groups = new Map<number, number[]>()
  for (let series = 0; series < lent.length; series++) {
    if (lent[series] === 0) continue
    const group = groups.get(lent[series])
    if (group === undefined) groups.set(lent[series], [series])
    else group.push(series)
  }
  return [...groups.values()]
}

/** What is expected becomes another by `shift` of its logarithm; the shape of days and weeks stays. */
export function shiftBy(
  { season, members }: EnsembleShape,
  { level, day, week, seen, rows }: EnsembleState,
  series: number,
  shift: number,
): void {
  const starter = series * members.length
  for (let row = starter; row < starter + members.length; row++) level[row] += shift
  // until they are over, the first day and week are notes of what was
  if (seen[series] < season.daySlots)
    for (let slot = 0; slot < season.daySlots; slot++) day[slot * rows + starter] += shift
  if (seen[series] < season.daySlots * 7)
    for (let slot = 0; slot < season.weekSlots; slot++) week[slot * rows + starter] += shift
}

/** As if it had never been seen; its seasons are written over when its first day and week are over. */
export function beginAnew({ members, leads }: EnsembleShape, state: EnsembleState, series: number): void {
  const [begin, end] = [series * members.length, (series + 1) * members.length]
  state.last[series] = NaN
  state.seen[series] = state.doubtful[series] = 0
  state.scale[series] = INITIAL_SCALE
  for (const table of [state.level, state.trend, state.error]) table.fill(0, begin, end)
  for (let lead = 0; lead < leads.length; lead++) {
    state.score.fill(0, lead * state.rows + begin, lead * state.rows + end)
    state.weight.fill(1 / members.length, lead * state.rows + begin, lead * state.rows + end)
  }
}
