/** What known events do to the demand of a time, by series: usual demand × factor + extra. */
export interface EventEffect {
  readonly factor: Float64Array
  readonly extra: Float64Array
  /** Names of the events and what they do, in words. */
  readonly reason: string
}

/** Asked by the forecaster for what is known of a time. Null = nothing. */
export interface KnownEvents {
  effectBetween(from: number, until: number): EventEffect | null
}
