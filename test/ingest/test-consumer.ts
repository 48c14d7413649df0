import { addToWord, observeCursor, publishCursor } from '../../src/memory/atomics.ts'
import * as L from '../../src/memory/layout/ring.layout.ts'
import type { SharedMemory } from '../../src/memory/shared-memory.ts'

/** A frame as the router sees it. */
export interface SeenFrame {
  readonly frame: number
  readonly readingCount: number
  /** Address of the first reading. */
  readonly readings: number
  readonly source: number
  readonly seq: number
  readonly receivedMs: number
}

/** Stands in for the router: reads every committed frame, may mark readings, advances the route cursor. */
export class TestConsumer {
  readings = 0
  frames = 0
  readonly #memory: SharedMemory
  readonly #control: number
  readonly #data: number
  readonly #mask: number
  #cursor = 0

  constructor(memory: SharedMemory, control: number, data: number, capacityBytes: number) {
    this.#memory = memory
    this.#control = control
    this.#data = data
    this.#mask = capacityBytes - 1
  }

  /** Skips to what is committed; returns the bytes passed. */
  drop(): number {
    const end = observeCursor(this.#memory.i32, this.#control + L.RING_WRITE_CURSOR)
    const bytes = (end - this.#cursor) >>> 0
    this.#cursor = end
    publishCursor(this.#memory.i32, this.#control + L.RING_ROUTE_CURSOR, end)
    return bytes
  }

  /** Visits up to `limit` frames; the visitor may return what to mark. */
  route(visit: (frame: SeenFrame) => Mark | undefined = () => undefined, limit = Infinity): number {
    const { i32, f64 } = this.#memory
    const end = observeCursor(i32, this.#control + L.RING_WRITE_CURSOR)
    let visited = 0
    while (this.#cursor !== end && visited < limit) {
      const frame = this.#data + (this.#cursor & this.#mask)
      const word = frame >>> 2
      if (i32[word + 1] !== L.FRAME_PADDING) {
        visited++
        this.frames++
        this.readings += i32[word + 1]
        const seen = {
          frame,
          readingCount: i32[word + 1],
          readings: frame + i32[word + 2],
          source: i32[word + 3],
          receivedMs: f64[(frame + L.FRAME_RECEIVED_MS) >>> 3],
          seq: i32[word + 6] >>> 0,
        }
        const mark = visit(seen)
        if (mark !== undefined) this.#mark(seen, mark)
      }
      this.#cursor = (this.#cursor + i32[word]) | 0
      publishCursor(i32, this.#control + L.RING_ROUTE_CURSOR, this.#cursor)
    }
    return visited
  }

  #mark(seen: SeenFrame, { indexes, reason }: Mark): void {
    const { i32 } = this.#memory
    const bytes = i32[seen.frame >>> 2]
    const inline = seen.readingCount <= L.FRAME_INLINE_REFUSALS
    const mapBytes = (((seen.readingCount + 7) >>> 3) + 31) & -32
    const map = inline ? seen.frame + L.FRAME_HEADER_BYTES : seen.frame + bytes - mapBytes
    for (const index of indexes) i32[(map >>> 2) + (index >>> 5)] |= 1 << (index & 31)
    i32[(seen.frame + L.FRAME_OUTCOME) >>> 2] = (reason << 24) | indexes.length
    addToWord(i32, this.#control + L.RING_REFUSAL_COUNT, 1)
  }
}

export interface Mark {
  readonly indexes: readonly number[]
  readonly reason: number
}
