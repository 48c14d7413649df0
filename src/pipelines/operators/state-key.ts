import type { Envelope } from '../runtime/operator.ts'

/** A key as the tables have it: two unsigned 32-bit words. */
export interface StateKey {
  readonly low: number
  readonly high: number
  /** What they are a hash of. Stages don't keep it: nothing asks for it, and it would take more room than their state. */
  readonly text?: string | undefined
}

export type KeyOf = (envelope: Envelope) => StateKey
