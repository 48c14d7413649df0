import { claimWord, observeCursor, publishCursor } from './atomics.ts'
import * as K from './layout/clients.layout.ts'
import type { SharedMemory } from './shared-memory.ts'

/** What a sequence number of a client is: not seen before, taken already, or too far back to tell. */
export type Novelty = 'new' | 'repeated' | 'forgotten'

/**
 * What is known of a frame of a client: nothing of it was kept, all of it was, or that must be asked elsewhere (it is still
 * under way, or a part of it was refused).
 */
export type Fate = 'lost' | 'taken' | 'open'

const WORDS = K.CLIENT_WINDOW / 32

/**
 * The frames that clients have sent, by client and sequence number: the highest, and a bit for each of those before it
 * (as the anti-replay window of RFC 4303, 3.4.3). Threads share it; an entry is locked while it is looked at.
 */
export class ClientWindows {
  readonly #memory: SharedMemory
  readonly #at: number
  readonly #mask: number

  /** `slots` = a power of two. */
  constructor(memory: SharedMemory, at: number, slots: number) {
    this.#memory = memory
    this.#at = at
    this.#mask = slots - 1
  }

  /** Notes that the client has sent `seq` (at least 1); `isOpen`: what will become of it is not known yet. */
  take(key: number, seq: number, nowEpochMs: number, isOpen = false): Novelty {
    return this.#locked(key, nowEpochMs, (entry) => {
      const novelty = this.#take(entry, seq)
      if (novelty === 'new') this.#setBit(entry + K.CLIENT_OPEN, this.#highest(entry) - seq, isOpen)
      return novelty
    })
  }

  /** Notes whether the whole of a frame was kept, or that has to be asked elsewhere. */
  setOpen(key: number, seq: number, isOpen: boolean): void {
    this.#known(key, undefined, (entry) => {
      const back = this.#highest(entry) - seq
      if (this.#hasBit(entry + K.CLIENT_BITS, back)) this.#setBit(entry + K.CLIENT_OPEN, back, isOpen)
    })
  }

  /** Undoes `take`: of this frame nothing was kept. */
  untake(key: number, seq: number): void {
    this.#known(key, undefined, (entry) => {
      const back = this.#highest(entry) - seq
      if (back >= 0 && back < K.CLIENT_WINDOW) this.#setBit(entry + K.CLIENT_BITS, back, false)
    })
  }

  fateOf(key: number, seq: number): Fate {
    return this.#known<Fate>(key, 'lost', (entry) => {
      const back = this.#highest(entry) - seq
      if (!this.#hasBit(entry + K.CLIENT_BITS, back)) return 'lost'
      return this.#hasBit(entry + K.CLIENT_OPEN, back) ? 'open' : 'taken'
    })
  }

  /**
   * All entries as bytes, for a checkpoint, with the frames of which all was kept; one that is being changed is waited for.
   * Frames that are open are left out: what becomes of one that is under way is said by the journal, if it gets there.
   */
  save(): Uint8Array {
    const saved: Uint8Array[] = []
    for (let slot = 0; slot <= this.#mask; slot++) {
      const entry = this.#at + slot * K.CLIENT_BYTES
      if (this.#key(entry) === 0) continue
      this.#lock(entry)
      saved.push(this.#savedEntry(entry))
      this.#unlock(entry)
    }
    return Buffer.concat(saved)
  }

  #savedEntry(entry: number): Uint8Array {
    const { bytes, u32 } = this.#memory
    const saved = bytes.slice(entry, entry + K.CLIENT_SAVED_BYTES)
    const words = new Uint32Array(saved.buffer)
    words[K.CLIENT_LOCK >>> 2] = 0
    for (let word = 0; word < WORDS; word++)
      words[(K.CLIENT_BITS >>> 2) + word] &= ~u32[((entry + K.CLIENT_OPEN) >>> 2) + word]
    return saved
  }

  /**
   * Takes saved entries over; of those that are there too the ones with the higher sequence number stay. No frame is open:
   * who knows of refused parts takes them again.
   */
  load(saved: Uint8Array): void {
    const words = new DataView(saved.buffer, saved.byteOffset, saved.byteLength)
    for (let at = 0; at + K.CLIENT_SAVED_BYTES <= saved.length; at += K.CLIENT_SAVED_BYTES) {
      const key = words.getFloat64(at + K.CLIENT_KEY, true)
      const usedMs = words.getFloat64(at + K.CLIENT_USED_MS, true)
      const bytes = saved.subarray(at + K.CLIENT_HIGHEST, at + K.CLIENT_SAVED_BYTES)
      this.#locked(key, usedMs, (entry) => {
        if (this.#highest(entry) > words.getUint32(at + K.CLIENT_HIGHEST, true)) return
        this.#memory.bytes.set(bytes, entry + K.CLIENT_HIGHEST)
        this.#memory.bytes.fill(0, entry + K.CLIENT_OPEN, entry + K.CLIENT_BYTES)
      })
    }
  }

  #take(entry: number, seq: number): Novelty {
    const back = this.#highest(entry) - seq
    if (back < 0) {
      this.#advance(entry + K.CLIENT_BITS, -back)
      this.#advance(entry + K.CLIENT_OPEN, -back)
      this.#memory.u32[(entry + K.CLIENT_HIGHEST) >>> 2] = seq
      this.#setBit(entry + K.CLIENT_BITS, 0, true)
      return 'new'
    }
    if (back >= K.CLIENT_WINDOW) return 'forgotten'
    if (this.#hasBit(entry + K.CLIENT_BITS, back)) return 'repeated'
    this.#setBit(entry + K.CLIENT_BITS, back, true)
    return 'new'
  }

  /** Every bit moves `by` places away from the highest. */
  #advance(bitmap: number, by: number): void {
    const { u32 } = this.#memory
    const first = bitmap >>> 2
    const words = by >>> 5
    const bits = by & 31
    for (let i = WORDS - 1; i >= 0; i--) {
      const from = i - words
      const upper = from >= 0 && by < K.CLIENT_WINDOW ? u32[first + from] << bits : 0
      const lower = from > 0 && bits > 0 && by < K.CLIENT_WINDOW ? u32[first + from - 1] >>> (32 - bits) : 0
      u32[first + i] = (upper | lower) >>> 0
    }
  }

  #setBit(bitmap: number, back: number, isSet: boolean): void {
    const word = (bitmap >>> 2) + (back >>> 5)
    const bit = 1 << (back & 31)
    if (isSet) this.#memory.u32[word] |= bit
    else this.#memory.u32[word] &= ~bit
  }

  #hasBit(bitmap: number, back: number): boolean {
    if (back < 0 || back >= K.CLIENT_WINDOW) return false
    return ((this.#memory.u32[(bitmap >>> 2) + (back >>> 5)] >>> (back & 31)) & 1) === 1
  }

  #locked<T>(key: number, nowEpochMs: number, use: (entry: number) => T): T {
    for (;;) {
      const entry = this.#find(key)
      this.#lock(entry)
      try {
        if (this.#key(entry) !== key && !this.#mayTake(entry, key)) continue
        this.#memory.f64[(entry + K.CLIENT_USED_MS) >>> 3] = nowEpochMs
        return use(entry)
      } finally {
        this.#unlock(entry)
      }
    }
  }

  /** The same with the entry of a client that has one; nobody gives way to a client that is only asked about. */
  #known<T>(key: number, unknown: T, use: (entry: number) => T): T {
    const entry = this.#find(key)
    this.#lock(entry)
    try {
      return this.#key(entry) === key ? use(entry) : unknown
    } finally {
      this.#unlock(entry)
    }
  }

  /** Under the lock: a free entry, or the one that was found to be unused for longest. */
  #mayTake(entry: number, key: number): boolean {
    if (this.#find(key) !== entry) return false
    this.#memory.bytes.fill(0, entry + K.CLIENT_HIGHEST, entry + K.CLIENT_BYTES)
    this.#memory.f64[(entry + K.CLIENT_KEY) >>> 3] = key
    return true
  }

  /** The client's entry, or the one it may take. */
  #find(key: number): number {
    let oldest = this.#at
    let oldestMs = Infinity
    let slot = hash(key) & this.#mask
    for (let i = 0; i < K.CLIENT_PROBES; i++) {
      const entry = this.#at + slot * K.CLIENT_BYTES
      const found = this.#key(entry)
      if (found === key || found === 0) return entry
      const usedMs = this.#memory.f64[(entry + K.CLIENT_USED_MS) >>> 3]
      if (usedMs < oldestMs) {
        oldest = entry
        oldestMs = usedMs
      }
      slot = (slot + 1) & this.#mask
    }
    return oldest
  }

  #key(entry: number): number {
    return this.#memory.f64[(entry + K.CLIENT_KEY) >>> 3]
  }

  #highest(entry: number): number {
    return this.#memory.u32[(entry + K.CLIENT_HIGHEST) >>> 2]
  }

  #lock(entry: number): void {
    const lock = entry + K.CLIENT_LOCK
    while (observeCursor(this.#memory.i32, lock) !== 0 || !claimWord(this.#memory.i32, lock, 0, 1));
  }

  #unlock(entry: number): void {
    publishCursor(this.#memory.i32, entry + K.CLIENT_LOCK, 0)
  }
}

/** Knuth's multiplicative hash of both halves (TAOCP vol. 3, 6.4). */
const hash = (key: number): number =>
  (Math.imul(key % 0x1_0000_0000, 0x9e3779b1) ^ Math.imul(key / 0x1_0000_0000, 0x85ebca6b)) >>> 8
