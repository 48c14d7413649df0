/** What known events do to the demand of a time, by series: usual demand × factor + extra. */
export interface EventEffect {
  /** The same array for the same events. */
  readonly factor: Float64Array
  /** Null = nothing. */
  readonly extra: Float64Array | null
  /** Names of the events and what they do, in words. */
  readonly reason: string
}

/** What is known of a time; null = nothing. */
export type EffectOf = (from: number, until: number) => EventEffect | null
