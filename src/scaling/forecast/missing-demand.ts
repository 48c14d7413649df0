/**
 * Nearly all demand is missing all at once: that is rather an outage than a habit. For so long it is not believed; an
 * ordinary second takes back a part of the doubt that one such second uses up.
 */
const GONE = 0.1
const PATIENCE_SECONDS = 4 * 3600
const TRUST_REGAINED = 0.1

export class MissingDemand {
  #seconds = 0

  /** A second's demand, and what was expected of it; NaN = nothing was. */
  isDoubtful(demand: number, expected: number): boolean {
    const isLow = demand < expected * GONE
    this.#seconds = isLow ? this.#seconds + 1 : Math.max(0, this.#seconds - TRUST_REGAINED)
    return isLow && this.#seconds <= PATIENCE_SECONDS
  }
}
