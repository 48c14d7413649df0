import type { Envelope } from '../runtime/operator.ts'

/**
 * A key as the tables have it: two unsigned 32-bit words. Stages don't keep the text of those that are hashes: nothing asks
 * for it, and it would take more room than the state.
 */
export interface StateKey {
  readonly low: number
  readonly high: number
}

export type KeyOf = (envelope: Envelope) => StateKey
