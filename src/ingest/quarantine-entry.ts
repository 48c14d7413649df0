import type { MalformedCause } from '../core/refusal.ts'

/** The most bytes of a malformed message that are kept. */
export const QUARANTINED_BYTES = 256

/** A malformed input as it is kept for people to look at. */
export interface QuarantineEntry {
  readonly cause: MalformedCause
  readonly detail: string
  /** `client@address`, or the address alone. */
  readonly source: string
  /** A copy of the beginning. */
  readonly bytes: Uint8Array
  /** Length of the whole message. */
  readonly size: number
}
