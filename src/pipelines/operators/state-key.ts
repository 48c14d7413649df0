import type { Envelope } from '../runtime/operator.ts'

/** A key as the tables have it: two unsigned 32-bit words, and its text where these don't tell it. */
export interface StateKey {
  readonly low: number
  readonly high: number
  readonly text: string | undefined
}

export type KeyOf = (envelope: Envelope) => StateKey
