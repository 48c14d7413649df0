import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import { clientKeyOf } from '../../ingest/client-frames.ts'
import { senderOf } from '../../ingest/connection.ts'
import * as I from '../../ingest/intake-counters.ts'
import type { PartRefusal } from '../../ingest/part-refusals.ts'
import type { Kernels } from '../../kernels/kernels.ts'
import type { Signals } from '../../memory/agents/signals.ts'
import { observeCursor, publishCursor, waitForChange } from '../../memory/atomics.ts'
import type { ClientWindows } from '../../memory/client-windows.ts'
import { TRACK_COUNT } from '../../memory/layout/lanes.layout.ts'
import * as L from '../../memory/layout/ring.layout.ts'
import { SHARD_COUNT } from '../../memory/layout/series.layout.ts'
import { type MemoryPlan, placeOf } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import { freeBlocks } from '../../memory/free-blocks.ts'
import { EMBEDDING_RING } from '../sizing.ts'
import { replayedRefusal } from './replayed-frame.ts'

/** Of a checkpoint: which run it was taken in, and by shard and ring how far that shard had come. */
export interface CheckpointPlace {
  readonly run: number
  readonly positions: readonly (readonly number[])[]
}

/** Frames of one ring, as the journal holds them. */
export interface ReplayedRecord {
  readonly sequence: number
  /** When it was written, every record up to this one was safe. */
  readonly durable: number
  readonly run: number
  readonly ring: number
  /** Of its first frame. */
  readonly position: number
  readonly epochOffsetMs: number
  readonly payload: Uint8Array
}

export interface ReplayParts {
  readonly memory: SharedMemory
  readonly plan: MemoryPlan
  readonly kernels: Kernels
  readonly signals: Signals
  readonly clock: Clock
  readonly clients: ClientWindows
  readonly checkpoint: CheckpointPlace | undefined
  /** Of earlier records only the names of clients, and what was refused of their frames, are of interest. */
  readonly from: number
  /** A note other than a client's name; returns when what it says holds. */
  readonly onNote: (kind: number, text: Uint8Array) => void
  /** A client's frame that was taken in part; told of in the order of the journal. */
  readonly onPartRefusal: (refusal: PartRefusal) => void
}

const WAIT_MS = 1
/** Longer than any router takes for a full ring; one that stands still has failed. */
const PATIENCE_MS = 30_000
const decoder = new TextDecoder()

/**
 * Feeds records of the journal to the router, through the embedding program's ring, which nobody else writes meanwhile.
 * No reading is refused for want of room: the feeding waits for the workers instead.
 */
export class Replay {
  readonly #parts: ReplayParts
  readonly #control: number
  readonly #data: number
  readonly #mask: number
  readonly #counters: Float64Array
  /** Clients by run, ring and connection. */
  readonly #names = new Map<string, number>()
  #write: number
  #readings = 0
  /** Ends of fed records that no later one has proved to be safe, in order; and the end of the last that is. */
  #unproven: { readonly sequence: number; readonly end: number }[] = []
  #provenTo: number

  constructor(parts: ReplayParts) {
    const { memory, plan } = parts
    this.#parts = parts
    this.#control = placeOf.ringControl(plan, EMBEDDING_RING)
    this.#data = placeOf.ring(plan, EMBEDDING_RING)
    this.#mask = plan.needs.ringBytes - 1
    this.#write = observeCursor(memory.i32, this.#control + L.RING_WRITE_CURSOR)
    this.#provenTo = this.#write
    const counters = placeOf.intakeCounters(plan, EMBEDDING_RING) >>> 3
    this.#counters = memory.f64.subarray(counters, counters + I.INTAKE_COUNTERS)
  }

  /** Readings handed to the router. */
  get readings(): number {
    return this.#readings
  }

  /** Where in the ring what is known to be safe ends. */
  get provenTo(): number {
    return this.#provenTo
  }

  feed(record: ReplayedRecord): void {
    const { checkpoint, from } = this.#parts
    if (record.sequence < from) return this.#readClients(record)
    if (checkpoint !== undefined && record.run < checkpoint.run) return
    this.#setPositions(record)
    const at = this.#room(record.payload.length)
    this.#parts.memory.bytes.set(record.payload, at)
    const end = at + record.payload.length
    let readings = 0
    for (let frame = at; frame < end; frame += this.#word(frame + L.FRAME_BYTES))
      readings += this.#adopt(record, frame, frame - at)
    this.#count(readings)
    this.#publish(record.payload.length)
    this.#prove(record)
  }

  /** Returns when everything fed is routed. */
  finish(): void {
    this.#awaitRoute(() => this.#held() === 0)
  }

  #prove({ sequence, durable }: ReplayedRecord): void {
    this.#unproven.push({ sequence, end: this.#write })
    const safe = this.#unproven.findLastIndex((one) => one.sequence <= durable)
    for (const { end } of this.#unproven.splice(0, safe + 1)) this.#provenTo = end
  }

  /** Where each shard stands in the record's ring. */
  #setPositions({ run, ring }: ReplayedRecord): void {
    const { checkpoint, memory, plan } = this.#parts
    const isSameRun = checkpoint?.run === run
    for (let shard = 0; shard < SHARD_COUNT; shard++)
      memory.f64[(plan.at.replay >>> 3) + shard] = isSameRun ? (checkpoint.positions[shard][ring] ?? 0) : 0
  }

  #adopt(record: ReplayedRecord, frame: number, offset: number): number {
    const { kernels, clock, plan, memory } = this.#parts
    const count = this.#word(frame + L.FRAME_READING_COUNT)
    if (count === 0 && this.#word(frame + L.FRAME_READING_OFFSET) < L.FRAME_HEADER_BYTES) {
      this.#note(record, frame)
      return 0
    }
    if (count === 0) return 0
    if (this.#word(frame + L.FRAME_SEQ) !== 0) this.#noteSequence(record, this.#view(frame))
    const arrival = Math.floor(memory.f64[(frame + L.FRAME_RECEIVED_MS) >>> 3] + record.epochOffsetMs)
    return kernels.adoptFrame(frame, clock.nowMs(), arrival, record.position + offset, plan.at.replay) >>> 0
  }

  #note({ run, ring }: ReplayedRecord, frame: number): void {
    const { bytes } = this.#parts.memory
    const { kind, source, text } = noteIn(new DataView(bytes.buffer, frame))
    if (kind === L.NOTE_CLIENT) this.#names.set(`${run} ${ring} ${source}`, clientKeyOf(decoder.decode(text)))
    else this.#parts.onNote(kind, text)
  }

  /** The checkpoint may have been taken before what was refused of these frames was known to the main thread. */
  #readClients(record: ReplayedRecord): void {
    const { run, ring, payload } = record
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    for (let at = 0, bytes = 0; at < payload.length; at += bytes) {
      bytes = view.getUint32(at + L.FRAME_BYTES, true)
      const frame = new DataView(payload.buffer, payload.byteOffset + at, bytes)
      if (frame.getUint32(L.FRAME_READING_COUNT, true) > 0) this.#noteSequence(record, frame)
      else if (frame.getUint32(L.FRAME_READING_OFFSET, true) === L.NOTE_CLIENT) {
        const { source, text } = noteIn(frame)
        this.#names.set(`${run} ${ring} ${source}`, clientKeyOf(decoder.decode(text)))
      }
    }
  }

  /**
   * A numbered frame with readings of a client that gave its name has been taken, unless all of it was refused. One without
   * is a repeated one, which shares the fate of the first.
   */
  #noteSequence({ run, ring }: ReplayedRecord, frame: DataView): void {
    const { clients, clock, onPartRefusal } = this.#parts
    const seq = frame.getUint32(L.FRAME_SEQ, true)
    if (seq === 0) return
    const client = this.#names.get(`${run} ${ring} ${senderOf(frame.getInt32(L.FRAME_SOURCE, true))}`)
    const refusal = replayedRefusal(frame)
    if (client === undefined || refusal?.isWhole === true) return
    // open from the first instant, or somebody might take all of it for taken
    const novelty = clients.take(client, seq, clock.epochMs(), refusal !== null)
    if (refusal === null) return
    const { reason, indexes } = refusal
    if (novelty === 'repeated') clients.setOpen(client, seq, true)
    onPartRefusal({ client, seq, reason, indexes: Uint32Array.from(indexes ?? []) })
  }

  /** The address of so much room in one piece. */
  #room(bytes: number): number {
    const offset = this.#write & this.#mask
    const toEnd = this.#mask + 1 - offset
    if (bytes > toEnd) this.#pad(offset, toEnd)
    this.#awaitRoute(() => this.#held() + bytes <= this.#mask + 1 && this.#hasBlocks())
    return this.#data + (this.#write & this.#mask)
  }

  #pad(offset: number, bytes: number): void {
    const { i32 } = this.#parts.memory
    this.#awaitRoute(() => this.#held() + bytes <= this.#mask + 1)
    i32[(this.#data + offset + L.FRAME_BYTES) >>> 2] = bytes
    i32[(this.#data + offset + L.FRAME_READING_COUNT) >>> 2] = L.FRAME_PADDING
    this.#publish(bytes)
  }

  /** Half of the blocks are free, which is more than a record can take; or as many as ever will be. */
  #hasBlocks(): boolean {
    const { memory, plan } = this.#parts
    return freeBlocks(memory, plan) >= plan.blockCount / 2 || (this.#held() === 0 && this.#waiting() === 0)
  }

  #waiting(): number {
    const { kernels, plan } = this.#parts
    let entries = 0
    for (let track = 0; track < TRACK_COUNT; track++) entries += kernels.countTrack(plan.at.map, track)
    return entries
  }

  #awaitRoute(isSo: () => boolean): void {
    const { memory, clock } = this.#parts
    const cursor = this.#control + L.RING_ROUTE_CURSOR
    let before = observeCursor(memory.i32, cursor)
    let sinceMs = clock.nowMs()
    while (!isSo()) {
      waitForChange(memory.i32, cursor, before, WAIT_MS)
      const now = observeCursor(memory.i32, cursor)
      if (now !== before || this.#held() === 0) sinceMs = clock.nowMs()
      before = now
      if (clock.nowMs() - sinceMs > PATIENCE_MS)
        throw new MillraceError(
          'internal',
          'the router has stood still for 30 s while the journal was replayed',
        )
    }
  }

  #held(): number {
    return (this.#write - observeCursor(this.#parts.memory.i32, this.#control + L.RING_ROUTE_CURSOR)) >>> 0
  }

  #count(readings: number): void {
    this.#readings += readings
    this.#counters[I.INTAKE_RECEIVED] += readings
    this.#counters[I.INTAKE_COMMITTED] += readings
  }

  #publish(bytes: number): void {
    this.#write = (this.#write + bytes) | 0
    publishCursor(this.#parts.memory.i32, this.#control + L.RING_WRITE_CURSOR, this.#write)
    this.#parts.signals.wakeRouter()
  }

  #view(frame: number): DataView {
    return new DataView(this.#parts.memory.bytes.buffer, frame, this.#word(frame + L.FRAME_BYTES))
  }

  #word(address: number): number {
    return this.#parts.memory.i32[address >>> 2]
  }
}

/** The note that begins where the view does; its text is a copy. */
function noteIn(frame: DataView): { kind: number; source: number; text: Uint8Array } {
  const message = L.FRAME_HEADER_BYTES
  const length = frame.getUint32(message + L.NOTE_LENGTH, true)
  const from = frame.byteOffset + message + L.NOTE_TEXT
  return {
    kind: frame.getUint32(L.FRAME_READING_OFFSET, true),
    source: senderOf(frame.getInt32(L.FRAME_SOURCE, true)),
    text: Uint8Array.from(new Uint8Array(frame.buffer, from, length)),
  }
}
