import { growList } from '../state/grow-list.ts'
import type { Keys } from '../state/key-table.ts'
import type { PlaceTable } from '../state/place-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import type { Accumulators } from './accumulators.ts'
import { tableArena, type WindowArena } from './arena.ts'
import * as C from './columns.layout.ts'
import type { RowPlaces } from './row-places.ts'

/**
 * The panes of a shard, each with the accumulators of all its keys side by side, in chunks. A key's accumulators are there
 * when its bit is set; a chunk goes with its last bit. A key is kept as long as it has a bit in any pane.
 */
export class PaneColumns {
  readonly state: ShardState
  readonly table: PlaceTable
  readonly arena: WindowArena
  readonly #words: number
  readonly #allocate = (words: number): number => this.table.allocate(words)
  /** Accumulators of the slice at hand that hold something: to be saved before it changes. */
  #touched = new Uint32Array(256)

  constructor(state: ShardState, node: number, { words }: Accumulators) {
    this.state = state
    this.table = state.places(node, (place) => this.#forget(place))
    this.arena = tableArena(state, this.table)
    this.#words = words
  }

  /** The oldest pane, or 0. */
  get oldest(): number {
    return this.state.u32[this.table.own + C.OLDEST]
  }

  startOf(pane: number): number {
    return this.state.f64[pane >>> 1]
  }

  newer(pane: number): number {
    return this.state.u32[pane + C.PANE_NEWER]
  }

  /** Address of what the pane's list says of the chunk, or 0. */
  entryOf(pane: number, chunk: number): number {
    const { u32 } = this.state
    return chunk < u32[pane + C.PANE_ROOM] ? u32[pane + C.PANE_CHUNKS] + chunk * C.ENTRY_WORDS : 0
  }

  /** Keys of the chunk that are in the pane. */
  bitsOf(pane: number, chunk: number): number {
    const entry = this.entryOf(pane, chunk)
    return entry === 0 ? 0 : this.state.u32[entry + C.ENTRY_BITS]
  }

  /**
   * Tells for each group of rows, of which the keys' numbers are known, where its accumulators are; 0 where there was no room.
   * What they hold is saved in one record when all of them are found, so that the waits for memory overlap.
   */
  placeAll(rows: RowPlaces, keys: Keys): void {
    const { start, row: numberOf, at, wanted, wantedCount } = rows
    const { u32, log } = this.state
    const words = this.#words
    if (this.#touched.length < wantedCount) this.#touched = new Uint32Array(2 * wantedCount)
    const touched = this.#touched
    let [pane, of, list, room, count, isRefused] = [0, NaN, 0, 0, 0, false]
    for (let n = 0; n < wantedCount; n++) {
      const i = wanted[n]
      const place = numberOf[i] - 1
      at[i] = 0
      if (place < 0) continue
      if (start[i] !== of) {
        of = start[i]
        pane = this.#ensurePane(of)
        list = pane === 0 ? 0 : u32[pane + C.PANE_CHUNKS]
        room = pane === 0 ? 0 : u32[pane + C.PANE_ROOM]
      }
      const chunk = place >>> C.CHUNK_SHIFT
      if (chunk >= room || u32[list + chunk * C.ENTRY_WORDS] === 0) {
        if (pane === 0 || !this.#addChunk(pane, chunk)) {
          isRefused = true
          continue
        }
        list = u32[pane + C.PANE_CHUNKS]
        room = u32[pane + C.PANE_ROOM]
      }
      const entry = list + chunk * C.ENTRY_WORDS
      const bit = 1 << (place & C.CHUNK_MASK)
      const to = u32[entry] + (place & C.CHUNK_MASK) * words
      if ((u32[entry + C.ENTRY_BITS] & bit) !== 0) touched[count++] = to
      else {
        log.saveWord(entry + C.ENTRY_BITS)
        u32[entry + C.ENTRY_BITS] |= bit
        for (let k = to; k < to + words; k++) u32[k] = 0
      }
      at[i] = to
    }
    log.saveBlocks(touched, count, words)
    if (isRefused) this.#dropUnused(rows, keys)
  }

  /** Takes out of chunk number `chunk` of all panes what the first `past` panes hold, and the keys that have nothing else. */
  clean(chunk: number, past: number): void {
    const { u32 } = this.state
    let [gone, kept] = [0, 0]
    for (let pane = this.oldest; pane !== 0; pane = this.newer(pane), past--) {
      const entry = this.entryOf(pane, chunk)
      if (entry === 0 || u32[entry] === 0) continue
      if (past <= 0) kept |= u32[entry + C.ENTRY_BITS]
      else {
        gone |= u32[entry + C.ENTRY_BITS]
        this.#dropChunk(entry)
      }
    }
    for (let bits = gone & ~kept; bits !== 0; bits &= bits - 1) {
      this.table.remove((chunk << C.CHUNK_SHIFT) + lowestBit(bits))
    }
  }

  /** The oldest pane, of which all chunks are gone. */
  dropOldest(): void {
    const { u32 } = this.state
    const pane = this.oldest
    const newer = u32[pane + C.PANE_NEWER]
    this.state.put(this.table.own + C.OLDEST, newer)
    this.state.put(newer === 0 ? this.table.own + C.NEWEST : newer + C.PANE_OLDER, 0)
    const room = u32[pane + C.PANE_ROOM]
    if (room !== 0) this.state.release(u32[pane + C.PANE_CHUNKS], room * C.ENTRY_WORDS)
    this.state.release(pane, C.PANE_WORDS)
  }

  #ensurePane(start: number): number {
    const { u32 } = this.state
    let older = u32[this.table.own + C.NEWEST]
    while (older !== 0 && this.startOf(older) > start) older = u32[older + C.PANE_OLDER]
    return older !== 0 && this.startOf(older) === start ? older : this.#insertPane(start, older)
  }

  #insertPane(start: number, older: number): number {
    const { state, table } = this
    const pane = table.allocate(C.PANE_WORDS)
    if (pane === 0) return 0
    const { u32 } = state
    const newer = older === 0 ? this.oldest : u32[older + C.PANE_NEWER]
    state.f64[pane >>> 1] = start
    u32[pane + C.PANE_OLDER] = older
    u32[pane + C.PANE_NEWER] = newer
    state.put(older === 0 ? table.own + C.OLDEST : older + C.PANE_NEWER, pane)
    state.put(newer === 0 ? table.own + C.NEWEST : newer + C.PANE_OLDER, pane)
    return pane
  }

  /** False = no room. */
  #addChunk(pane: number, chunk: number): boolean {
    if (!growList(this.state, pane + C.PANE_CHUNKS, chunk, C.ENTRY_WORDS, this.#allocate)) return false
    const address = this.table.allocate(C.CHUNK_KEYS * this.#words)
    if (address !== 0) this.state.put(this.entryOf(pane, chunk), address)
    return address !== 0
  }

  #dropChunk(entry: number): void {
    const { u32 } = this.state
    this.state.release(u32[entry], C.CHUNK_KEYS * this.#words)
    this.state.put(entry, 0)
    this.state.put(entry + C.ENTRY_BITS, 0)
  }

  /** The key goes: its bits as well. */
  #forget(place: number): void {
    const { u32 } = this.state
    const bit = 1 << (place & C.CHUNK_MASK)
    for (let pane = this.oldest; pane !== 0; pane = this.newer(pane)) {
      const entry = this.entryOf(pane, place >>> C.CHUNK_SHIFT)
      if (entry === 0 || (u32[entry + C.ENTRY_BITS] & bit) === 0) continue
      this.state.put(entry + C.ENTRY_BITS, u32[entry + C.ENTRY_BITS] & ~bit)
      if (u32[entry + C.ENTRY_BITS] === 0) this.#dropChunk(entry)
    }
  }

  /** Keys of the chunk that are in any pane. */
  #bitsOfAll(chunk: number): number {
    let bits = 0
    for (let pane = this.oldest; pane !== 0; pane = this.newer(pane)) bits |= this.bitsOf(pane, chunk)
    return bits
  }

  /** Keys that were refused and have nothing in any pane. */
  #dropUnused({ row: numberOf, at, wanted, wantedCount }: RowPlaces, keys: Keys): void {
    for (let n = 0; n < wantedCount; n++) {
      const i = wanted[n]
      const number = numberOf[i]
      if (number === 0 || at[i] !== 0) continue
      if (!this.table.isNumberOf(number, keys.keyLow[i], keys.keyHigh[i])) continue
      const place = number - 1
      const bit = 1 << (place & C.CHUNK_MASK)
      if ((this.#bitsOfAll(place >>> C.CHUNK_SHIFT) & bit) === 0) this.table.remove(place)
    }
  }
}

export const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits)
