/**
 * How much of a surprise the seasons take up, by member: in the first weeks evenly, so that each day (week) counts as much as
 * the others, later as the member says. It depends on nothing but the days that a series has seen.
 */
import type { EnsembleShape } from './ensemble-shape.ts'

/** Weeks after each of which every member begins again from the starter's seasons. */
export const SHARED_WEEKS = 4
const EVEN_DAYS = 14
/** From then on nothing changes any more. */
const SETTLED_DAYS = Math.max(EVEN_DAYS, SHARED_WEEKS * 7)

export class SeasonGains {
  /** By member; 0 = it has no such season, or it is too early. */
  readonly day: Float64Array
  readonly week: Float64Array
  readonly #shape: EnsembleShape
  #days = NaN

  constructor(shape: EnsembleShape) {
    this.#shape = shape
    this.day = new Float64Array(shape.members.length)
    this.week = new Float64Array(shape.members.length)
  }

  /** Of a series that has seen so many whole days. */
  after(seenDays: number): this {
    const days = Math.min(seenDays, SETTLED_DAYS)
    if (days === this.#days) return this
    this.#days = days
    for (let member = 0; member < this.day.length; member++) this.#work(member, days)
    return this
  }

  #work(member: number, days: number): void {
    const { members, season } = this.#shape
    const { seasons, day: dayGain, week: weekGain } = members[member]
    if (seasons === 'none') return
    const eagerness = member === 0 ? 1 : 0.5
    const gain = days < EVEN_DAYS ? Math.max(dayGain, eagerness / (days + 1)) : dayGain
    this.day[member] = gain
    const weeks = Math.floor(days / 7)
    if (seasons === 'day' || weeks === 0) return void (this.week[member] = 0)
    const even = weeks < SHARED_WEEKS ? eagerness / (weeks + 1) : 0
    const visit = Math.min(Math.max(weekGain, even), 1 - gain)
    this.week[member] = perStep(visit, season.stepsPerWeekSlot)
  }
}

/** The gain per step that makes `visit` of all the steps that share a slot. */
const perStep = (visit: number, steps: number): number =>
  steps === 1 ? visit : 1 - (1 - Math.min(visit, 0.999)) ** (1 / steps)
