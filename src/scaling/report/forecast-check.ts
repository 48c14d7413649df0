/** How far forecasts of the highest demand within the lead time were off: one forecast at a time, until its time is over. */
interface Pending {
  readonly expected: number
  readonly until: number
  highest: number
}

export interface ForecastError {
  /** Sum of what forecasts were off by, and of what came. */
  readonly off: number
  readonly came: number
}

export class ForecastCheck {
  #pending: Pending | undefined

  /** `expected` = null: nothing is forecast. Returns an error when a forecast's time is over. */
  see(at: number, demand: number, expected: number | null, leadMs: number): ForecastError | undefined {
    const pending = this.#pending
    if (pending !== undefined) {
      pending.highest = Math.max(pending.highest, demand)
      if (at < pending.until) return undefined
    }
    this.#pending = expected === null ? undefined : { expected, until: at + leadMs, highest: 0 }
    return pending && { off: Math.abs(pending.expected - pending.highest), came: pending.highest }
  }
}
