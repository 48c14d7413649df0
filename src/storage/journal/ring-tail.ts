import { observeCursor, publishCursor, wakeWaiters } from '../../memory/atomics.ts'
import * as L from '../../memory/layout/ring.layout.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'

/** A record's payload is at most this long, unless a single frame is longer. */
export const MAX_SLICE_BYTES = 256 * 1024

/**
 * The journal's half of an ingest ring: what the router has passed, cut into slices of whole frames. Three marks: what is
 * durable (published), what has been cut, and what the router had passed when it was last looked at.
 */
export class RingTail {
  readonly #memory: SharedMemory
  readonly #control: number
  readonly #data: number
  readonly #mask: number
  #cut: number
  #routed: number
  /** Of #cut, counted from the start of the run. */
  #position: number

  /** Goes on from the journal cursor and the journal position in the ring's control block. */
  constructor(memory: SharedMemory, control: number, data: number, ringBytes: number) {
    this.#memory = memory
    this.#control = control
    this.#data = data
    this.#mask = ringBytes - 1
    this.#cut = observeCursor(memory.i32, control + L.RING_JOURNAL_CURSOR)
    this.#routed = this.#cut
    this.#position = memory.f64[(control + L.RING_JOURNAL_POSITION) >>> 3]
  }

  /** Looks how far the router is; returns the bytes up to there that haven't been cut. */
  observe(): number {
    this.#routed = observeCursor(this.#memory.i32, this.#control + L.RING_ROUTE_CURSOR) // pairs with RouterAgent
    return (this.#routed - this.#cut) >>> 0
  }

  /** Shows what was observed and hasn't been cut, in slices, until about `maxBytes` have been shown. */
  cut(maxBytes: number, take: (position: number, slice: Uint8Array) => void): void {
    let left = maxBytes
    while (this.#cut !== this.#routed && left > 0) left -= this.#cutSlice(take)
  }

  /** Says that everything cut is durable. */
  publish(): void {
    const { i32, f64 } = this.#memory
    f64[(this.#control + L.RING_JOURNAL_POSITION) >>> 3] = this.#position
    publishCursor(i32, this.#control + L.RING_JOURNAL_CURSOR, this.#cut) // pairs with the producer's look for room
    wakeWaiters(i32, this.#control + L.RING_JOURNAL_CURSOR)
  }

  /** One slice, or padding, which is left out; returns how far it goes. */
  #cutSlice(take: (position: number, slice: Uint8Array) => void): number {
    const { i32, bytes } = this.#memory
    const start = this.#cut & this.#mask
    const available = (this.#routed - this.#cut) >>> 0
    // what follows the end of the data is at its start
    const end = Math.min(available, this.#mask + 1 - start)
    let length = 0
    while (length < end) {
      const frame = (this.#data + start + length) >>> 2
      const frameBytes = i32[frame]
      if (i32[frame + L.FRAME_READING_COUNT / 4] === L.FRAME_PADDING) {
        if (length > 0) break
        this.#move(frameBytes)
        return frameBytes
      }
      if (length > 0 && length + frameBytes > MAX_SLICE_BYTES) break
      length += frameBytes
    }
    const at = this.#data + start
    take(this.#position, bytes.subarray(at, at + length))
    this.#move(length)
    return length
  }

  #move(bytes: number): void {
    this.#cut = (this.#cut + bytes) | 0
    this.#position += bytes
  }
}
