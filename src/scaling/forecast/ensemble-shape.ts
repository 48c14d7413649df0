import type { Member } from './member.ts'
import type { Season } from './season.ts'

export interface EnsembleShape {
  readonly series: number
  readonly season: Season
  readonly members: readonly Member[]
  /** Steps ahead at which members are compared, rising; no multiple of a season, where naive is seasonal naive. */
  readonly leads: readonly number[]
  /** What an error counts one step later. */
  readonly discount: number
  /** Steps that are not believed to be real when nearly all demand is gone at once. */
  readonly patience: number
}
