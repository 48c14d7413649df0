/**
 * How seasons begin. In a series' first day nothing is known of seasons: forecasts are a quick level, and the starter's
 * day table serves as a notebook of the day, which at its end becomes a level and deviations from it. At the end of each
 * of the first weeks all members take over the starter's seasons: it averages evenly without correcting its last error,
 * so it separates level and seasons, which quick members cannot (their level explains the season away).
 */
import type { EnsembleState } from './ensemble-state.ts'
import type { EnsembleShape } from './ensemble-shape.ts'

const QUICK = 0.3

/** A step of the first day: notes it and follows it. */
export function firstDay(
  { season, members }: EnsembleShape,
  state: EnsembleState,
  series: number,
  daySlot: number,
  log: number,
): void {
  const { day, level, seen, rows } = state
  const starter = series * members.length
  if (seen[series] === 0) for (let slot = 0; slot < season.daySlots; slot++) day[slot * rows + starter] = NaN
  day[daySlot * rows + starter] = log
  for (let member = 0; member < members.length; member++) {
    const gain = seen[series] === 0 ? 1 : Math.max(members[member].level, QUICK)
    level[starter + member] += gain * (log - level[starter + member])
  }
}

/** Turns the notes of the first day into level and day season, of all members. */
export function finishFirstDay(
  { season, members }: EnsembleShape,
  { day, level, rows }: EnsembleState,
  series: number,
): void {
  const starter = series * members.length
  const table = columnOf(day, starter, rows, season.daySlots)
  const noted = table.filter((log) => !Number.isNaN(log))
  const mean = noted.reduce((sum, log) => sum + log, 0) / noted.length
  for (let slot = 0; slot < table.length; slot++) {
    const deviation = Number.isNaN(table[slot]) ? 0 : table[slot] - mean
    for (let member = 0; member < members.length; member++)
      if (members[member].seasons !== 'none') day[slot * rows + starter + member] = deviation
  }
  for (let member = 0; member < members.length; member++)
    if (members[member].seasons !== 'none') level[starter + member] = mean
}

/** A step of the first week: the starter's week table is the notebook of what the slots of the week were. */
export function noteWeek(
  { season, members }: EnsembleShape,
  { week, seen, rows }: EnsembleState,
  series: number,
  weekSlot: number,
  log: number,
): void {
  const starter = series * members.length
  if (seen[series] === 0)
    for (let slot = 0; slot < season.weekSlots; slot++) week[slot * rows + starter] = NaN
  const at = weekSlot * rows + starter
  const gain = Math.min(1, 2 / season.stepsPerWeekSlot)
  week[at] = Number.isNaN(week[at]) ? log : week[at] + gain * (log - week[at])
}

/**
 * Turns the notes of the first week into the starter's week season: what is usual at an hour is the median of its seven
 * days, so that two days off do not bend the others. The day table, a mean until now, becomes that median.
 */
export function finishFirstWeek(
  { season, members }: EnsembleShape,
  state: EnsembleState,
  series: number,
): void {
  const { rows } = state
  const starter = series * members.length
  const { daySlots, weekSlots, stepsPerWeekSlot } = season
  const table = columnOf(state.week, starter, rows, weekSlots)
  const day = columnOf(state.day, starter, rows, daySlots)
  const hours = weekSlots / 7
  const notedHours: number[] = []
  for (let hour = 0; hour < hours; hour++) {
    const slots = Array.from({ length: 7 }, (_, weekday) => weekday * hours + hour)
    const noted = slots.map((slot) => table[slot]).filter((log) => !Number.isNaN(log))
    const usual = noted.toSorted((a, b) => a - b)[noted.length >> 1]
    for (const slot of slots) table[slot] = Number.isNaN(table[slot]) ? 0 : table[slot] - usual
    if (noted.length === 0) continue
    notedHours.push(usual)
    const bend = usual - noted.reduce((sum, log) => sum + log, 0) / noted.length
    for (let step = 0; step < stepsPerWeekSlot; step++) day[hour * stepsPerWeekSlot + step] += bend
  }
  const middle = meanOf(day)
  state.level[starter] = meanOf(notedHours)
  for (let slot = 0; slot < daySlots; slot++) state.day[slot * rows + starter] = day[slot] - middle
  for (let slot = 0; slot < weekSlots; slot++) state.week[slot * rows + starter] = table[slot]
}

/** All seasonal members go on from the starter's level and seasons. */
export function copyStarter({ season, members }: EnsembleShape, state: EnsembleState, series: number): void {
  const { level, trend, error, day, week, rows } = state
  const starter = series * members.length
  for (let member = 1; member < members.length; member++) {
    const { seasons } = members[member]
    if (seasons === 'none') continue
    const row = starter + member
    level[row] = level[starter]
    trend[row] = 0
    error[row] = error[starter]
    copyColumn(day, starter, row, rows, season.daySlots)
    if (seasons === 'both') copyColumn(week, starter, row, rows, season.weekSlots)
  }
}

/** What a table holds of one row, slot by slot. */
const columnOf = (table: Float32Array, row: number, rows: number, slots: number): Float32Array =>
  Float32Array.from({ length: slots }, (_, slot) => table[slot * rows + row])

function copyColumn(table: Float32Array, from: number, to: number, rows: number, slots: number): void {
  for (let begin = 0; begin < slots * rows; begin += rows) table[begin + to] = table[begin + from]
}

const meanOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
