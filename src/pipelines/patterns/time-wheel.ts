/**
 * Numbers that wait for their times, in one shard: buckets of `widthMs` in a ring, in which entries stand as they came; only
 * a bucket whose time has come is sorted. So putting one in costs a few words, whatever the disorder. An entry whose bucket
 * is further than once around stays in the ring until its turn. Nothing is taken back: who takes an entry looks whether it
 * is still meant. Entries of the same time come as they were put in.
 *
 *   wheel   0 bucket that is open (f64)  2 entries  3 sorted ones (block)  4 its words  5 its end  6 next to be taken
 *           8 … first and last chunk of each bucket
 *   chunk   0 next  1 count  4 … entry, –, time (f64)         sorted  entry, –, time (f64)
 */
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'

const BUCKETS = 128
const COUNT = 2
const SORTED = 3
const SORTED_WORDS = 4
const SORTED_END = 5
const SORTED_AT = 6
const RING = 8
const WHEEL_WORDS = RING + 2 * BUCKETS

const CHUNK_COUNT = 1
const CHUNK_HEAD = 4
const ENTRY_WORDS = 4
const CHUNK_ENTRIES = 15
const CHUNK_WORDS = CHUNK_HEAD + CHUNK_ENTRIES * ENTRY_WORDS

interface Waiting {
  readonly entry: number
  readonly time: number
}

/** So many are rather saved than written elsewhere: the undo log holds only so much. */
const FEW_WORDS = 1024

/** Beyond all times, and still a number of buckets. */
const END_OF_TIME = 8e15

export class TimeWheel {
  /** The time of the entry last found. */
  time = NaN
  readonly #state: ShardState
  readonly #table: KeyTable
  readonly #at: number
  readonly #widthMs: number

  /** `at`: the word that has the wheel's address. Room is made by `table`. */
  constructor(state: ShardState, table: KeyTable, at: number, spanMs: number) {
    this.#state = state
    this.#table = table
    this.#at = at
    this.#widthMs = Math.max(1, spanMs / (BUCKETS / 2))
  }

  get count(): number {
    const wheel = this.#state.u32[this.#at]
    return wheel === 0 ? 0 : this.#state.u32[wheel + COUNT]
  }

  /** False when there is no room, which the state counts. */
  put(entry: number, time: number): boolean {
    const { u32, f64 } = this.#state
    const wheel = u32[this.#at] || this.#begin(time)
    if (wheel === 0) return false
    const bucket = Math.max(this.#bucketOf(time), f64[wheel >>> 1])
    const chunk = this.#chunkOf(wheel + RING + 2 * ringPlace(bucket))
    if (chunk === 0) return false
    const count = u32[chunk + CHUNK_COUNT]
    this.#state.put(chunk + CHUNK_COUNT, count + 1)
    const at = chunk + CHUNK_HEAD + ENTRY_WORDS * count
    u32[at] = entry
    f64[(at + 2) >>> 1] = time
    this.#state.add(wheel + COUNT, 1)
    return true
  }

  /** The first entry of a time before `limit`, or 0. */
  first(limit: number): number {
    const { u32, f64 } = this.#state
    const wheel = u32[this.#at]
    if (wheel === 0 || u32[wheel + COUNT] === 0) return 0
    this.#open(wheel, this.#bucketOf(Math.min(limit, END_OF_TIME)))
    const at = u32[wheel + SORTED_AT]
    if (at === u32[wheel + SORTED_END] || f64[(at + 2) >>> 1] >= limit) return 0
    this.time = f64[(at + 2) >>> 1]
    return u32[at]
  }

  /** Takes out the entry that `first` has found. */
  takeFirst(): void {
    const wheel = this.#state.u32[this.#at]
    this.#state.add(wheel + SORTED_AT, ENTRY_WORDS)
    this.#state.add(wheel + COUNT, -1)
  }

  #bucketOf(time: number): number {
    return Math.floor(time / this.#widthMs)
  }

  #begin(time: number): number {
    const wheel = this.#table.allocate(WHEEL_WORDS)
    if (wheel === 0) return 0
    this.#state.f64[wheel >>> 1] = this.#bucketOf(time) - BUCKETS
    this.#state.put(this.#at, wheel)
    return wheel
  }

  /** The bucket's last chunk with room. */
  #chunkOf(place: number): number {
    const { u32 } = this.#state
    const last = u32[place + 1]
    if (last !== 0 && u32[last + CHUNK_COUNT] < CHUNK_ENTRIES) return last
    const chunk = this.#table.allocate(CHUNK_WORDS)
    if (chunk === 0) return 0
    this.#state.put(last === 0 ? place : last, chunk)
    this.#state.put(place + 1, chunk)
    return chunk
  }

  /** Buckets up to this one, and what has come to the open one since. */
  #open(wheel: number, until: number): void {
    const { u32, f64 } = this.#state
    const open = f64[wheel >>> 1]
    const found: Waiting[] = []
    for (let bucket = Math.max(open, until - BUCKETS + 1); bucket <= until; bucket++) {
      const place = wheel + RING + 2 * ringPlace(bucket)
      if (u32[place] !== 0) this.#empty(place, until, found)
    }
    if (until > open) this.#state.putNumber(wheel, until)
    if (found.length > 0) this.#sort(wheel, found)
  }

  /** Takes out what is due by the bucket `until`; what is of a later time around stays. */
  #empty(place: number, until: number, found: Waiting[]): void {
    const { u32, f64 } = this.#state
    const stays: Waiting[] = []
    const first = u32[place]
    for (let chunk = first; chunk !== 0; chunk = u32[chunk]) {
      const end = chunk + CHUNK_HEAD + ENTRY_WORDS * u32[chunk + CHUNK_COUNT]
      for (let at = chunk + CHUNK_HEAD; at < end; at += ENTRY_WORDS) {
        const waiting = { entry: u32[at], time: f64[(at + 2) >>> 1] }
        if (this.#bucketOf(waiting.time) <= until) found.push(waiting)
        else stays.push(waiting)
      }
    }
    if (stays.length === 0) return this.#release(place)
    this.#keep(place, stays)
  }

  #release(place: number): void {
    const { u32 } = this.#state
    for (let chunk = u32[place]; chunk !== 0;) {
      const next = u32[chunk]
      this.#state.release(chunk, CHUNK_WORDS)
      chunk = next
    }
    this.#state.put(place, 0)
    this.#state.put(place + 1, 0)
  }

  /** Writes what stays into the chunks that are there, and gives the others back. */
  #keep(place: number, stays: readonly Waiting[]): void {
    const { u32, f64 } = this.#state
    let chunk = u32[place]
    for (let from = 0; ; from += CHUNK_ENTRIES) {
      const part = stays.slice(from, from + CHUNK_ENTRIES)
      this.#state.save(chunk, CHUNK_HEAD + ENTRY_WORDS * part.length)
      u32[chunk + CHUNK_COUNT] = part.length
      part.forEach(({ entry, time }, index) => {
        const at = chunk + CHUNK_HEAD + ENTRY_WORDS * index
        u32[at] = entry
        f64[(at + 2) >>> 1] = time
      })
      if (from + CHUNK_ENTRIES >= stays.length) break
      chunk = u32[chunk]
    }
    for (let rest = u32[chunk]; rest !== 0;) {
      const next = u32[rest]
      this.#state.release(rest, CHUNK_WORDS)
      rest = next
    }
    this.#state.put(chunk, 0)
    this.#state.put(place + 1, chunk)
  }

  /** Puts what was found among what is sorted. Without room for that it waits in the ring's open bucket. */
  #sort(wheel: number, found: Waiting[]): void {
    const { u32, f64 } = this.#state
    const all: Waiting[] = []
    const old = u32[wheel + SORTED]
    for (let at = u32[wheel + SORTED_AT]; at < u32[wheel + SORTED_END]; at += ENTRY_WORDS)
      all.push({ entry: u32[at], time: f64[(at + 2) >>> 1] })
    all.push(...found)
    if (!isSorted(all)) all.sort((a, b) => a.time - b.time)
    const oldWords = u32[wheel + SORTED_WORDS]
    const words = ENTRY_WORDS * all.length
    const fits = words <= oldWords && words <= FEW_WORDS
    const block = fits ? old : this.#table.allocate(words)
    if (block === 0) return this.#putBack(wheel, found)
    if (block === old) this.#state.save(old, words)
    all.forEach(({ entry, time }, index) => {
      u32[block + ENTRY_WORDS * index] = entry
      f64[(block + ENTRY_WORDS * index + 2) >>> 1] = time
    })
    this.#state.save(wheel + SORTED, 4)
    u32[wheel + SORTED] = block
    u32[wheel + SORTED_WORDS] = Math.max(words, block === old ? oldWords : words)
    u32[wheel + SORTED_AT] = block
    u32[wheel + SORTED_END] = block + words
    if (block !== old && old !== 0) this.#state.release(old, oldWords)
  }

  #putBack(wheel: number, found: readonly Waiting[]): void {
    this.#state.add(wheel + COUNT, -found.length)
    for (const { entry, time } of found) this.put(entry, time)
  }
}

const isSorted = (all: readonly Waiting[]): boolean =>
  all.every(({ time }, i) => i === 0 || all[i - 1].time <= time)

const ringPlace = (bucket: number): number => ((bucket % BUCKETS) + BUCKETS) % BUCKETS
