/** What a pipeline counts, over all threads. */
export interface Counts {
  /** Readings taken in. */
  shown(readings: number): void
  /** Rows that came too late for their window. */
  late(rows: number): void
  /** Items given up because a user function threw. */
  failed(items: number): void
  /** Results of windows. */
  results(count: number): void
}

export interface PipelineFigures {
  readonly readings: number
  readonly late: number
  readonly failed: number
  readonly results: number
}
