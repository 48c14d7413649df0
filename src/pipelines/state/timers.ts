import type { KeyTable } from './key-table.ts'
import type { ShardState } from './shard-state.ts'
import { ROW_WORDS } from './state.layout.ts'

/*
 * A bucket per due time (a row of its table), ordered by a binary heap of their rows; in a bucket the entries as they came,
 * in chunks. Scheduling is O(1) unless its time is new.
 *
 *   bucket row: f64 time · u32 first chunk · u32 last chunk        chunk: u32 next · u32 written · u32 read · entries
 *   table's own words: u32 heap · u32 its capacity · u32 its count
 */
const TIME = ROW_WORDS
const FIRST = ROW_WORDS + 2
const LAST = ROW_WORDS + 3
const BUCKET_WORDS = 4

const NEXT = 0
const WRITTEN = 1
const READ = 2
const ENTRIES = 3
const CHUNK_WORDS = 32
const CHUNK_ENTRIES = CHUNK_WORDS - ENTRIES
const HEAP_START = 64

const timeWords = new Float64Array(1)
const timeBits = new Uint32Array(timeWords.buffer)

/**
 * What waits for its time in one shard: entries are numbers (addresses of rows) and may be scheduled more than once;
 * nothing is taken back: who takes an entry looks whether it is still meant (`KeyTable.isRow`, and a due time in the row).
 * Entries come in the order of their times, those of the same time in the order they were scheduled in.
 */
export class Timers {
  /** When the entry last taken was due. */
  taken = NaN
  readonly #state: ShardState
  readonly #u32: Uint32Array
  readonly #f64: Float64Array
  readonly #table: KeyTable
  readonly #heap: number

  /** Occupies the table `which` of the stage. */
  constructor(state: ShardState, node: number, which = 1) {
    this.#state = state
    this.#u32 = state.u32
    this.#f64 = state.f64
    this.#table = state.table(node, { words: BUCKET_WORDS, isEvictable: false }, which)
    this.#heap = this.#table.own
  }

  /** When the first entry is due; Infinity when there is none. */
  get earliest(): number {
    return this.#count === 0 ? Infinity : this.#timeAt(0)
  }

  /** False when there is no room (counted as refused). */
  schedule(entry: number, time: number): boolean {
    const bucket = this.#bucketOf(time)
    if (bucket === 0) return false
    const last = this.#u32[bucket + LAST]
    const chunk = this.#u32[last + WRITTEN] < CHUNK_ENTRIES ? last : this.#addChunk(bucket, last)
    if (chunk === 0) return false
    const written = this.#u32[chunk + WRITTEN]
    this.#state.put(chunk + WRITTEN, written + 1)
    this.#u32[chunk + ENTRIES + written] = entry
    return true
  }

  /** The first entry that is due at `time` or before, taken out; 0 when there is none. */
  take(time: number): number {
    while (this.#count > 0 && this.#timeAt(0) <= time) {
      const bucket = this.#bucketAt(0)
      const chunk = this.#u32[bucket + FIRST]
      const read = this.#u32[chunk + READ]
      if (read < this.#u32[chunk + WRITTEN]) {
        this.#state.put(chunk + READ, read + 1)
        this.taken = this.#timeAt(0)
        return this.#u32[chunk + ENTRIES + read]
      }
      this.#dropChunk(bucket, chunk)
    }
    return 0
  }

  get #count(): number {
    return this.#u32[this.#heap + 2]
  }

  #bucketAt(index: number): number {
    return this.#u32[this.#u32[this.#heap] + index]
  }

  #timeAt(index: number): number {
    return this.#f64[(this.#bucketAt(index) + TIME) >>> 1]
  }

  #bucketOf(time: number): number {
    timeWords[0] = time
    const found = this.#table.find(timeBits[0], timeBits[1])
    if (found !== 0) return found
    if (!this.#hasHeapRoom()) return 0
    const bucket = this.#table.findOrAdd(timeBits[0], timeBits[1], undefined)
    if (bucket === 0) return 0
    const chunk = this.#table.allocate(CHUNK_WORDS)
    if (chunk === 0) {
      this.#table.remove(bucket)
      return 0
    }
    this.#f64[(bucket + TIME) >>> 1] = time
    this.#u32[bucket + FIRST] = chunk
    this.#u32[bucket + LAST] = chunk
    this.#push(bucket, time)
    return bucket
  }

  #addChunk(bucket: number, last: number): number {
    const chunk = this.#table.allocate(CHUNK_WORDS)
    if (chunk === 0) return 0
    this.#state.put(last + NEXT, chunk)
    this.#state.put(bucket + LAST, chunk)
    return chunk
  }

  /** The bucket goes with its last chunk. */
  #dropChunk(bucket: number, chunk: number): void {
    const next = this.#u32[chunk + NEXT]
    this.#state.release(chunk, CHUNK_WORDS)
    if (next !== 0) {
      this.#state.put(bucket + FIRST, next)
      return
    }
    this.#pop()
    this.#table.remove(bucket)
  }

  #hasHeapRoom(): boolean {
    const capacity = this.#u32[this.#heap + 1]
    if (this.#count < capacity) return true
    const larger = Math.max(HEAP_START, 2 * capacity)
    const room = this.#table.allocate(larger)
    if (room === 0) return false
    const old = this.#u32[this.#heap]
    this.#u32.copyWithin(room, old, old + this.#count)
    if (old !== 0) this.#state.release(old, capacity)
    this.#state.put(this.#heap, room)
    this.#state.put(this.#heap + 1, larger)
    return true
  }

  #push(bucket: number, time: number): void {
    const heap = this.#u32[this.#heap]
    let at = this.#count
    this.#state.put(this.#heap + 2, at + 1)
    this.#state.put(heap + at, bucket)
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (this.#timeAt(parent) <= time) break
      this.#state.put(heap + at, this.#u32[heap + parent])
      this.#state.put(heap + parent, bucket)
      at = parent
    }
  }

  #pop(): void {
    const heap = this.#u32[this.#heap]
    const count = this.#count - 1
    const last = this.#u32[heap + count]
    this.#state.put(this.#heap + 2, count)
    let at = 0
    for (let child = 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && this.#timeAt(child + 1) < this.#timeAt(child)) child++
      if (this.#f64[(last + TIME) >>> 1] <= this.#timeAt(child)) break
      this.#state.put(heap + at, this.#u32[heap + child])
      at = child
    }
    this.#state.put(heap + at, last)
  }
}
