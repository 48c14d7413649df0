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

export class Quarantine {
  readonly #inputs: Latest<QuarantinedInput>
  readonly #clock: Clock

  constructor(clock: Clock, capacity: number) {
    this.#clock = clock
    this.#inputs = new Latest(capacity)
  }

  /** How many there have been, those no longer kept included. */
  get seen(): number {
    return this.#inputs.seen
  }

  /** Keeps a copy: `bytes` may be reused as soon as this returns. `size` = of the whole input, if they are not all. */
  add(cause: string, source: string, bytes: Uint8Array, size = bytes.length): void {
    const kept = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, KEPT_BYTES))
    const at = this.#clock.epochMs()
    this.#inputs.add({
      at,
      cause,
      source: source.slice(0, KEPT_SOURCE),
      bytes: kept.toString('base64'),
      size,
    })
  }

  /** Up to `limit`, the latest first. */
  recent(limit: number): QuarantinedInput[] {
    return this.#inputs.recent(limit)
  }
}
