/**
 * How seasons begin. In a series' first day nothing is known of seasons: forecasts are a quick level, and the starter's
 * day table serves as a notebook of the day, which at its end becomes a level and deviations from it. At the end of each
 * of the first weeks all members take over the starter's seasons: it averages evenly without correcting its last error,
 * so it separates level and seasons, which quick members cannot (their level explains the season away).
 */
import type { EnsembleState } from './ensemble-state.ts'
import type { EnsembleShape } from './ensemble.ts'

const QUICK = 0.3

/** A step of the first day: notes it and follows it. */
export function firstDay(
  { season, members }: EnsembleShape,
  state: EnsembleState,
  series: number,
  daySlot: number,
  log: number,
): void {
  const { day, level, seen } = state
  const rows = series * members.length
  const table = rows * season.daySlots
  if (seen[series] === 0) day.fill(NaN, table, table + season.daySlots)
  day[table + daySlot] = log
  for (let member = 0; member < members.length; member++) {
    const gain = seen[series] === 0 ? 1 : Math.max(members[member].level, QUICK)
    level[rows + member] += gain * (log - level[rows + member])
  }
}

/** Turns the notes of the first day into level and day season, of all members. */
export function finishFirstDay(
  { season, members }: EnsembleShape,
  state: EnsembleState,
  series: number,
): void {
  const { day, level } = state
  const rows = series * members.length
  const { daySlots } = season
  const table = day.subarray(rows * daySlots, (rows + 1) * daySlots)
  const noted = table.filter((log) => !Number.isNaN(log))
  const mean = noted.reduce((sum, log) => sum + log, 0) / noted.length
  for (let slot = 0; slot < daySlots; slot++) table[slot] = Number.isNaN(table[slot]) ? 0 : table[slot] - mean
  for (let member = 0; member < members.length; member++) {
    const isSeasonal = members[member].seasons !== 'none'
    if (isSeasonal) level[rows + member] = mean
    if (isSeasonal && member > 0) day.set(table, (rows + member) * daySlots)
  }
}

/** All seasonal members go on from the starter's level and seasons. */
export function copyStarter({ season, members }: EnsembleShape, state: EnsembleState, series: number): void {
  const { level, trend, error, day, week } = state
  const { daySlots, weekSlots } = season
  const starter = series * members.length
  for (let member = 1; member < members.length; member++) {
    const { seasons } = members[member]
    if (seasons === 'none') continue
    const row = starter + member
    level[row] = level[starter]
    trend[row] = 0
    error[row] = error[starter]
    day.copyWithin(row * daySlots, starter * daySlots, (starter + 1) * daySlots)
    if (seasons === 'both') week.copyWithin(row * weekSlots, starter * weekSlots, (starter + 1) * weekSlots)
  }
}
