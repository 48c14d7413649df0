/** What a person wants instead of what the policy decides, for a time. Times are milliseconds since the epoch. */
export interface Override {
  readonly units: number
  /** Null = until it is taken back. */
  readonly until: number | null
  readonly by: string
  readonly comment: string
}

export const isOver = ({ until }: Override, at: number): boolean => until !== null && at >= until
