/** The last malformed inputs: enough of each to see what it was, and a bound on all. Counts by cause are elsewhere. */
import type { Clock } from '../core/clock.ts'
import { Latest } from './latest.ts'

export interface QuarantinedInput {
  /** Arrival, milliseconds since the epoch. */
  readonly at: number
  readonly cause: string
  /** Who sent it: an address, a client name. */
  readonly source: string
  /** Base64 of the first bytes. */
  readonly bytes: string
  /** Bytes that the input had. */
  readonly size: number
}

const KEPT_BYTES = 256
const KEPT_SOURCE = 256

export class Quarantine extends Latest<QuarantinedInput> {
  readonly #clock: Clock

  constructor(clock: Clock, capacity: number) {
    super(capacity)
    this.#clock = clock
  }

  /** Keeps a copy: `bytes` may be reused as soon as this returns. `size` = of the whole input, if they are not all. */
  add(cause: string, source: string, bytes: Uint8Array, size = bytes.length): void {
    const kept = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, KEPT_BYTES))
    const at = this.#clock.epochMs()
    this.keep({
      at,
      cause,
      source: source.slice(0, KEPT_SOURCE),
      bytes: kept.toString('base64'),
      size,
    })
  }
}
