import type { Season } from './season.ts'

/** Slots of the step asked about last: they are the same for all series, and a time zone has to be asked for them. */
export class SeasonSlots {
  day = 0
  week = 0
  readonly #season: Season
  #step = NaN

  constructor(season: Season) {
    this.#season = season
  }

  find(step: number): this {
    if (step === this.#step) return this
    this.#step = step
    this.day = this.#season.daySlot(step)
    this.week = this.#season.weekSlot(step)
    return this
  }
}
