/** Names for the numbers that a worker meets; strings that exist already, so that asking for one costs nothing. */
export interface Names {
  /** `#` and the number for a metric without a name. */
  metric(id: number): string
  region(index: number): string
}
