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

/** A step of the first week: the starter's week table is the notebook of what the slots of the week were. */
export function noteWeek(
  { season, members }: EnsembleShape,
  { week, seen }: EnsembleState,
  series: number,
  weekSlot: number,
  log: number,
): void {
  const table = series * members.length * season.weekSlots
  if (seen[series] === 0) week.fill(NaN, table, table + season.weekSlots)
  const noted = week[table + weekSlot]
  const gain = Math.min(1, 2 / season.stepsPerWeekSlot)
  week[table + weekSlot] = Number.isNaN(noted) ? log : noted + gain * (log - noted)
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
  const row = series * members.length
  const { daySlots, weekSlots, stepsPerWeekSlot } = season
  const table = state.week.subarray(row * weekSlots, (row + 1) * weekSlots)
  const day = state.day.subarray(row * daySlots, (row + 1) * daySlots)
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
  state.level[row] = meanOf(notedHours)
  for (let slot = 0; slot < daySlots; slot++) day[slot] -= middle
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

const meanOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
