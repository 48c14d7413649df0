import { assert } from '../../core/errors.ts'
import { observeCursor, publishCursor } from '../atomics.ts'
import { READING_BYTES } from '../layout/reading.layout.ts'
import * as L from '../layout/ring.layout.ts'
import type { SharedMemory } from '../shared-memory.ts'
import type { FrameProducer, SettledFrame } from './ingest-ring.ts'

/** Where the refusal bitmap of a short frame lies. */
const FIRST_MESSAGE_WORD = L.FRAME_HEADER_BYTES / 4

export interface ProducerOptions {
  /** Told of every frame (and of filling, which the router must pass too), and whether its sender wants an answer. */
  readonly onCommit?: (wantsAnswer: boolean) => void
  /** Frames are settled when they are in the journal, which comes behind the router. */
  readonly isDurable?: boolean
}

/**
 * The producer's half of an ingest ring. Room is free again when every consumer has passed it and this side has
 * settled it, so an answer never refers to bytes that are gone. Nothing is written beyond the claimed frame.
 */
export class SpscFrameProducer implements FrameProducer {
  readonly capacityBytes: number
  fillLimitBytes: number
  readonly #memory: SharedMemory
  readonly #i32: Int32Array
  readonly #f64: Float64Array
  readonly #control: number
  readonly #data: number
  readonly #mask: number
  /** The cursor of whoever is last to need a frame. */
  readonly #lastCursor: number
  readonly #settled: Settled
  readonly #onCommit: (wantsAnswer: boolean) => void
  #writeCursor = 0
  #settledCursor = 0
  #claimed = 0
  #claimedBytes = 0
  #claimedReadings = 0
  #messageBytes = 0
  #answersWanted = 0
  #refusalsSeen = 0

  constructor(
    memory: SharedMemory,
    control: number,
    data: number,
    capacityBytes: number,
    { onCommit = () => undefined, isDurable = false }: ProducerOptions = {},
  ) {
    this.#onCommit = onCommit
    this.#lastCursor = control + (isDurable ? L.RING_JOURNAL_CURSOR : L.RING_ROUTE_CURSOR)
    assert((capacityBytes & (capacityBytes - 1)) === 0, 'a ring holds a power of two bytes')
    this.#memory = memory
    this.#i32 = memory.i32
    this.#f64 = memory.f64
    this.#control = control
    this.#data = data
    this.#mask = capacityBytes - 1
    this.capacityBytes = capacityBytes
    this.fillLimitBytes = capacityBytes
    this.#settled = new Settled(memory)
    this.takeOver()
  }

  /** Goes on behind another producer of the same ring. What that one left keeps its room until it is routed. */
  takeOver(): void {
    const { i32 } = this.#memory
    this.#refusalsSeen = i32[(this.#control + L.RING_REFUSAL_COUNT) >>> 2]
    this.#settledCursor = observeCursor(i32, this.#lastCursor)
    this.#writeCursor = observeCursor(i32, this.#control + L.RING_WRITE_CURSOR)
  }

  /** Frames committed with a seq and not yet shown by `settle`. */
  get answersWanted(): number {
    return this.#answersWanted
  }

  get heldBytes(): number {
    return (this.#writeCursor - this.#routeCursor()) >>> 0
  }

  claim(messageBytes: number, maxReadings: number): number {
    const bytes = frameBytes(messageBytes, maxReadings)
    const offset = this.#writeCursor & this.#mask
    if (offset + bytes > this.capacityBytes) {
      if (bytes > this.capacityBytes || !this.#reachStart(bytes)) return 0
    }
    if (this.#used() + bytes > this.fillLimitBytes && !this.#hasRoom(bytes)) return 0
    const frame = this.#data + (this.#writeCursor & this.#mask)
    this.#claimed = frame
    this.#claimedBytes = bytes
    this.#claimedReadings = maxReadings
    this.#messageBytes = messageBytes
    return frame + L.FRAME_HEADER_BYTES
  }

  commit(readingOffset: number, readingCount: number, source: number, seq: number, receivedMs: number): void {
    assert(
      readingCount === 0 ||
        (readingOffset >= L.FRAME_REFUSALS_BYTES &&
          readingOffset + readingCount * READING_BYTES <= this.#messageBytes),
      'readings lie within the message, behind its first 8 bytes',
    )
    this.#commit(L.FRAME_HEADER_BYTES + readingOffset, readingCount, source, seq, receivedMs)
  }

  #commit(offset: number, readingCount: number, source: number, seq: number, receivedMs: number): void {
    const i32 = this.#i32
    const frame = this.#claimed
    const isAsClaimed = readingCount === this.#claimedReadings
    const bytes = isAsClaimed ? this.#claimedBytes : frameBytes(this.#messageBytes, readingCount)
    assert(frame !== 0 && bytes <= this.#claimedBytes, 'commit follows a claim that is large enough')
    const word = frame >>> 2
    i32[word] = bytes
    i32[word + 1] = readingCount
    i32[word + 2] = offset
    i32[word + 3] = source
    this.#f64[(frame + L.FRAME_RECEIVED_MS) >>> 3] = receivedMs
    i32[word + 6] = seq
    i32[word + 7] = 0
    if (readingCount > L.FRAME_INLINE_REFUSALS) clearRefusals(i32, frame, bytes, readingCount)
    else if (readingCount !== 0) i32[word + FIRST_MESSAGE_WORD] = 0
    if (seq !== 0) this.#answersWanted++
    this.#claimed = 0
    this.#writeCursor = (this.#writeCursor + bytes) | 0
    // pairs with the router's observeCursor
    publishCursor(i32, this.#control + L.RING_WRITE_CURSOR, this.#writeCursor)
    this.#onCommit(seq !== 0)
  }

  /** Frames without readings, told apart by their kind: they travel for the sake of their place. */
  note(kind: number, source: number, message: Uint8Array, receivedMs: number): boolean {
    const address = this.claim(L.NOTE_TEXT + message.length, 0)
    if (address === 0) return false
    this.#memory.i32[(address + L.NOTE_LENGTH) >>> 2] = message.length
    this.#memory.bytes.set(message, address + L.NOTE_TEXT)
    this.#commit(kind, 0, source, 0, receivedMs)
    return true
  }

  settle(visit: (frame: SettledFrame) => void): void {
    const done = observeCursor(this.#memory.i32, this.#lastCursor)
    if (this.#freeUpTo(done)) return
    while (this.#settledCursor !== done) this.#settleOne(visit)
  }

  /** Without an answer to give, room is free as soon as it is routed. */
  #freeUpTo(routed: number): boolean {
    const refusals = this.#memory.i32[(this.#control + L.RING_REFUSAL_COUNT) >>> 2]
    if (this.#answersWanted !== 0 || refusals !== this.#refusalsSeen) return false
    this.#settledCursor = routed
    return true
  }

  #settleOne(visit: (frame: SettledFrame) => void): void {
    const { i32 } = this.#memory
    const frame = this.#data + (this.#settledCursor & this.#mask)
    const bytes = i32[frame >>> 2]
    if (i32[(frame + L.FRAME_READING_COUNT) >>> 2] !== L.FRAME_PADDING) {
      const wanted = i32[(frame + L.FRAME_SEQ) >>> 2] !== 0
      const refused = i32[(frame + L.FRAME_OUTCOME) >>> 2] !== 0
      if (wanted) this.#answersWanted--
      if (refused) this.#refusalsSeen = (this.#refusalsSeen + 1) | 0
      if (wanted || refused) return this.#show(frame, bytes, visit)
    }
    this.#settledCursor = (this.#settledCursor + bytes) | 0
  }

  /** Its room is not used before the visitor is back; once shown it is settled, whatever the visitor does. */
  #show(frame: number, bytes: number, visit: (frame: SettledFrame) => void): void {
    try {
      visit(this.#settled.at(frame))
    } finally {
      this.#settledCursor = (this.#settledCursor + bytes) | 0
    }
  }

  #routeCursor(): number {
    return observeCursor(this.#memory.i32, this.#control + L.RING_ROUTE_CURSOR)
  }

  /** What waits for the router is kept short; what waits for the journal or an answer only has to fit. */
  #hasRoom(bytes: number): boolean {
    const limit = Math.max(this.fillLimitBytes, bytes)
    if (this.#used() + bytes <= limit) return true
    this.#freeUpTo(observeCursor(this.#memory.i32, this.#lastCursor))
    return this.#used() + bytes <= this.capacityBytes && this.heldBytes + bytes <= limit
  }

  #used(): number {
    return (this.#writeCursor - this.#settledCursor) >>> 0
  }

  /**
   * Fills up to the end of the data when the frame doesn't fit there; false when there is no room even for that. The
   * filling doesn't wait for room for the frame: one longer than half of the ring might never find both at once.
   */
  #reachStart(bytes: number): boolean {
    const offset = this.#writeCursor & this.#mask
    const toEnd = this.capacityBytes - offset
    if (bytes <= toEnd) return true
    if (!this.#hasRoom(toEnd)) return false
    this.#pad(this.#data + offset, toEnd)
    this.#onCommit(false)
    return true
  }

  #pad(frame: number, bytes: number): void {
    const { i32 } = this.#memory
    i32[frame >>> 2] = bytes
    i32[(frame + L.FRAME_READING_COUNT) >>> 2] = L.FRAME_PADDING
    this.#writeCursor = (this.#writeCursor + bytes) | 0
    // pairs with the router's observeCursor
    publishCursor(i32, this.#control + L.RING_WRITE_CURSOR, this.#writeCursor)
  }
}

/** One reusable view of a routed frame. */
class Settled implements SettledFrame {
  readonly #i32: Int32Array
  #frame = 0

  constructor(memory: SharedMemory) {
    this.#i32 = memory.i32
  }

  at(frame: number): this {
    this.#frame = frame
    return this
  }

  get source(): number {
    return this.#word(L.FRAME_SOURCE)
  }

  get seq(): number {
    return this.#word(L.FRAME_SEQ) >>> 0
  }

  get readingCount(): number {
    return this.#word(L.FRAME_READING_COUNT)
  }

  get refusedCount(): number {
    return this.#word(L.FRAME_OUTCOME) & 0xffffff
  }

  get reason(): number {
    return this.#word(L.FRAME_OUTCOME) >>> 24
  }

  refusedIndexes(): number[] {
    const map = refusalMap(this.#frame, this.#word(L.FRAME_BYTES), this.readingCount) >>> 2
    const indexes: number[] = []
    if (this.refusedCount === 0) return indexes
    for (let i = 0; i < this.readingCount; i++) {
      if ((this.#i32[map + (i >>> 5)] >>> (i & 31)) & 1) indexes.push(i)
    }
    return indexes
  }

  #word(offset: number): number {
    return this.#i32[(this.#frame + offset) >>> 2]
  }
}

const align = (bytes: number): number => (bytes + L.FRAME_ALIGNMENT - 1) & -L.FRAME_ALIGNMENT

const refusalMapBytes = (readings: number): number =>
  readings <= L.FRAME_INLINE_REFUSALS ? 0 : align((readings + 7) >>> 3)

const frameBytes = (messageBytes: number, readings: number): number =>
  L.FRAME_HEADER_BYTES + align(messageBytes) + refusalMapBytes(readings)

function refusalMap(frame: number, bytes: number, readings: number): number {
  return readings <= L.FRAME_INLINE_REFUSALS
    ? frame + L.FRAME_HEADER_BYTES
    : frame + bytes - refusalMapBytes(readings)
}

/** Of a frame whose refusal bitmap lies behind the message. */
function clearRefusals(i32: Int32Array, frame: number, bytes: number, readings: number): void {
  i32.fill(0, refusalMap(frame, bytes, readings) >>> 2, (frame + bytes) >>> 2)
}
