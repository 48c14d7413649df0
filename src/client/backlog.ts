import { countOf, frameOfSome } from './frame-encoder.ts'
import { newInstance, type Frame, type FrameStore, type Kept } from './frame.ts'
import { Outbox } from './outbox.ts'

/** Numbers above are left for frames of refused readings, which must find one at any time. */
const LAST_FRESH_SEQ = 0xffff_0000

export interface BacklogLimits {
  readonly frames: number
  readonly bytes: number
  /** Of them in memory, where there is a folder for the rest. */
  readonly memoryBytes: number
}

/** All frames that are not settled: numbered, stored, and queued for sending. */
export class Backlog {
  readonly outbox = new Outbox()
  instance: string
  frames = 0
  readings = 0
  bytes = 0
  readonly #store: FrameStore
  readonly #limits: BacklogLimits
  #nextSeq: number
  #memoryBytes = 0

  constructor({ store, instance, nextSeq, frames }: Kept, limits: BacklogLimits) {
    this.#store = store
    this.#limits = limits
    this.instance = instance
    this.#nextSeq = nextSeq
    for (const frame of frames) this.#count(frame)
    for (const frame of frames) this.outbox.add(frame)
  }

  /** Whether frames outlive the process. */
  get isLasting(): boolean {
    return this.#store.isLasting
  }

  get nextSeq(): number {
    return this.#nextSeq
  }

  /** True when numbers run out and everything is settled: begins again under a new name. */
  renewIfUsedUp(): boolean {
    if (this.#nextSeq <= LAST_FRESH_SEQ || this.frames > 0) return false
    const instance = newInstance()
    this.#store.renew(instance)
    this.instance = instance
    this.#nextSeq = 1
    return true
  }

  hasRoom(bytes: number): boolean {
    const { frames, bytes: most } = this.#limits
    return this.frames < frames && this.bytes + bytes <= most && this.#nextSeq <= LAST_FRESH_SEQ
  }

  /** Takes a new frame in; it must have been encoded with `nextSeq`. Throws if it can't be stored. */
  add(bytes: Uint8Array, createdMs: number): Frame {
    const frame = frameOf(this.#nextSeq, bytes, createdMs)
    this.#put(frame, bytes, null)
    return frame
  }

  /** Settles a frame, some of whose readings were refused, and takes in a frame of those. Throws like `add`. */
  replace(frame: Frame, indexes: readonly number[], notBeforeMs: number): Frame {
    const bytes = frameOfSome(this.bytesOf(frame), indexes, this.#nextSeq)
    const again = frameOf(this.#nextSeq, bytes, frame.createdMs)
    again.tries = frame.tries
    again.notBeforeMs = notBeforeMs
    this.#put(again, bytes, frame)
    this.#discount(frame)
    return again
  }

  /** Forgets a frame. Throws if the store can't, which then remembers it until the process ends. */
  settle(frame: Frame): void {
    this.#discount(frame)
    this.#store.settle(frame)
  }

  bytesOf(frame: Frame): Uint8Array {
    return frame.bytes ?? this.#store.read(frame)
  }

  close(): void {
    this.#store.close()
  }

  #put(frame: Frame, bytes: Uint8Array, replaces: Frame | null): void {
    this.#store.put(frame, bytes, replaces)
    this.#nextSeq++
    if (this.#store.isLasting && this.#memoryBytes + frame.byteLength > this.#limits.memoryBytes)
      frame.bytes = null
    this.#count(frame)
    this.outbox.add(frame)
  }

  #count(frame: Frame): void {
    this.frames++
    this.readings += frame.count
    this.bytes += frame.byteLength
    if (frame.bytes) this.#memoryBytes += frame.byteLength
  }

  #discount(frame: Frame): void {
    this.frames--
    this.readings -= frame.count
    this.bytes -= frame.byteLength
    if (frame.bytes) this.#memoryBytes -= frame.byteLength
  }
}

export function frameOf(seq: number, bytes: Uint8Array, createdMs: number): Frame {
  return {
    seq,
    count: countOf(bytes),
    bytes,
    byteLength: bytes.length,
    createdMs,
    tries: 0,
    notBeforeMs: 0,
    isUncertain: false,
  }
}
