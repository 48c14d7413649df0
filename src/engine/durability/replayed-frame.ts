import { SOURCE_COMPACTED } from '../../ingest/connection.ts'
import { notedFaults, type NotedFault } from '../../ingest/decode/fault-notes.ts'
import { type FrameRefusal, refusalOf } from '../../ingest/replies/frame-refusal.ts'
import { READING_BYTES } from '../../memory/layout/reading.layout.ts'
import * as L from '../../memory/layout/ring.layout.ts'
import type { SettledFrame } from '../../memory/rings/ingest-ring.ts'

/** A frame of the journal as the listener saw it that had it once; `bytes` = the frame and nothing else. */
class ReplayedFrame implements SettledFrame {
  readonly source: number
  readonly seq: number
  readonly readingCount: number
  readonly #bytes: DataView
  readonly #outcome: number

  constructor(bytes: DataView) {
    this.#bytes = bytes
    this.source = bytes.getInt32(L.FRAME_SOURCE, true)
    this.seq = bytes.getUint32(L.FRAME_SEQ, true)
    this.readingCount = bytes.getUint32(L.FRAME_READING_COUNT, true)
    this.#outcome = bytes.getUint32(L.FRAME_OUTCOME, true)
  }

  get refusedCount(): number {
    return this.#outcome & 0xffffff
  }

  get reason(): number {
    return this.#outcome >>> 24
  }

  refusedIndexes(): number[] {
    const indexes: number[] = []
    if (this.refusedCount === 0) return indexes
    const map = this.#refusalMap()
    for (let i = 0; i < this.readingCount; i++)
      if ((this.#bytes.getUint8(map + (i >>> 3)) >>> (i & 7)) & 1) indexes.push(i)
    return indexes
  }

  /** What was not taken of its message before it came into the ring; null when all of it did, or it isn't known. */
  faults(): NotedFault[] | null {
    if ((this.source & SOURCE_COMPACTED) === 0) return null
    const first = this.#bytes.getUint32(L.FRAME_READING_OFFSET, true) - L.FRAME_HEADER_BYTES
    const messageEnd =
      this.readingCount > L.FRAME_INLINE_REFUSALS ? this.#refusalMap() : this.#bytes.byteLength
    const start = this.#bytes.byteOffset + L.FRAME_HEADER_BYTES
    const message = new DataView(this.#bytes.buffer, start, messageEnd - L.FRAME_HEADER_BYTES)
    return notedFaults(message, first + this.readingCount * READING_BYTES)
  }

  #refusalMap(): number {
    if (this.readingCount <= L.FRAME_INLINE_REFUSALS) return L.FRAME_HEADER_BYTES
    const mapBytes = Math.ceil(this.readingCount / 8 / L.FRAME_ALIGNMENT) * L.FRAME_ALIGNMENT
    return this.#bytes.byteLength - mapBytes
  }
}

/** What was refused of a frame in the journal, as its sender was (or should have been) told; null when nothing was. */
export function replayedRefusal(bytes: DataView): FrameRefusal | null {
  const isPlain = (bytes.getInt32(L.FRAME_SOURCE, true) & SOURCE_COMPACTED) === 0
  if (isPlain && bytes.getUint32(L.FRAME_OUTCOME, true) === 0) return null
  const frame = new ReplayedFrame(bytes)
  return refusalOf(frame, frame.faults())
}
