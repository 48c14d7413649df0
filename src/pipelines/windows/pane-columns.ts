import { ROW_STAMP } from '../state/state.layout.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import type { Accumulators } from './accumulators.ts'
import { tableArena, type WindowArena } from './arena.ts'
import * as C from './columns.layout.ts'
import { growList, KeyPlaces } from './key-places.ts'
import type { RowPlaces } from './row-places.ts'

/**
 * The panes of a shard, each with the accumulators of all its keys side by side, in chunks. A key's accumulators are there
 * when its bit is set; a chunk goes with its last bit. A key is kept as long as it has a bit in any pane.
 */
export class PaneColumns {
  readonly state: ShardState
  readonly table: KeyTable
  readonly arena: WindowArena
  readonly places: KeyPlaces
  readonly #words: number
  readonly #chunkWords: number

  constructor(state: ShardState, node: number, { words }: Accumulators) {
    this.state = state
    this.table = state.table(node, {
      words: C.KEY_WORDS,
      isEvictable: true,
      dispose: (row) => this.#forget(row),
      companions: (row) => this.#companions(row),
    })
    this.arena = tableArena(state, this.table)
    this.places = new KeyPlaces(state, this.table)
    this.#words = words
    this.#chunkWords = C.CHUNK_HEAD + C.CHUNK_KEYS * words
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

  /** The pane's accumulators of the 32 keys, or 0. */
  chunkOf(pane: number, chunk: number): number {
    const { u32 } = this.state
    return chunk < u32[pane + C.PANE_ROOM] ? u32[u32[pane + C.PANE_CHUNKS] + chunk] : 0
  }

  /** Tells for each group of rows where its accumulators are, which it saves; 0 where there was no room. */
  placeAll(rows: RowPlaces): void {
    const { start, row: rowOf, at, wanted, wantedCount } = rows
    const { u32, log } = this.state
    const words = this.#words
    let [pane, of, isRefused] = [0, NaN, false]
    for (let n = 0; n < wantedCount; n++) {
      const i = wanted[n]
      const row = rowOf[i]
      at[i] = 0
      if (row === 0) continue
      if (start[i] !== of) {
        of = start[i]
        pane = this.#ensurePane(of)
      }
      const place = pane === 0 ? -1 : (u32[row + C.PLACE] || this.places.give(row)) - 1
      const chunk = place < 0 ? 0 : this.chunkOf(pane, place >>> C.CHUNK_SHIFT) || this.#addChunk(pane, place)
      if (chunk === 0) {
        isRefused = true
        continue
      }
      const bit = 1 << (place & C.CHUNK_MASK)
      const to = chunk + C.CHUNK_HEAD + (place & C.CHUNK_MASK) * words
      log.save(to, words)
      if ((u32[chunk] & bit) === 0) {
        log.saveWord(chunk)
        u32[chunk] |= bit
        for (let k = to; k < to + words; k++) u32[k] = 0
      }
      at[i] = to
    }
    if (isRefused) this.#dropUnused(rows)
  }

  /** Takes out of chunk number `chunk` of all panes what the first `past` panes hold, and the keys that have nothing else. */
  clean(chunk: number, past: number): void {
    const { u32 } = this.state
    let [gone, kept] = [0, 0]
    for (let pane = this.oldest; pane !== 0; pane = this.newer(pane), past--) {
      const address = this.chunkOf(pane, chunk)
      if (address === 0) continue
      if (past <= 0) kept |= u32[address]
      else {
        gone |= u32[address]
        this.#dropChunk(pane, chunk, address)
      }
    }
    for (let bits = gone & ~kept; bits !== 0; bits &= bits - 1) {
      this.table.remove(this.places.rowAt((chunk << C.CHUNK_SHIFT) + lowestBit(bits)))
    }
  }

  /** The oldest pane, of which all chunks are gone. */
  dropOldest(): void {
    const { u32 } = this.state
    const pane = this.oldest
    const newer = u32[pane + C.PANE_NEWER]
    this.state.put(this.table.own + C.OLDEST, newer)
    this.state.put(newer === 0 ? this.table.own + C.NEWEST : newer + C.PANE_OLDER, 0)
    if (u32[pane + C.PANE_CHUNKS] !== 0)
      this.state.release(u32[pane + C.PANE_CHUNKS], u32[pane + C.PANE_ROOM])
    this.state.release(pane, C.PANE_WORDS)
  }

  /** The open transaction uses the key: it doesn't give way to others. */
  keep(row: number): void {
    this.state.u32[row + ROW_STAMP] = this.state.epoch
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

  #addChunk(pane: number, place: number): number {
    const chunk = place >>> C.CHUNK_SHIFT
    if (!growList(this.state, this.table, pane + C.PANE_CHUNKS, chunk)) return 0
    const address = this.table.allocate(this.#chunkWords)
    if (address !== 0) this.state.put(this.state.u32[pane + C.PANE_CHUNKS] + chunk, address)
    return address
  }

  #dropChunk(pane: number, chunk: number, address: number): void {
    this.state.put(this.state.u32[pane + C.PANE_CHUNKS] + chunk, 0)
    this.state.release(address, this.#chunkWords)
  }

  /** The row goes: its bits as well. */
  #forget(row: number): void {
    const { u32 } = this.state
    const place = u32[row + C.PLACE] - 1
    if (place < 0) return
    const chunk = place >>> C.CHUNK_SHIFT
    const bit = 1 << (place & C.CHUNK_MASK)
    for (let pane = this.oldest; pane !== 0; pane = this.newer(pane)) {
      const address = this.chunkOf(pane, chunk)
      if (address === 0 || (u32[address] & bit) === 0) continue
      this.state.put(address, u32[address] & ~bit)
      if (u32[address] === 0) this.#dropChunk(pane, chunk, address)
    }
    this.places.release(row)
  }

  /** Rows of keys in the same chunks: only when all of them go there is room. */
  #companions(row: number): number[] {
    const place = this.state.u32[row + C.PLACE] - 1
    if (place < 0) return []
    const rows: number[] = []
    const chunk = place >>> C.CHUNK_SHIFT
    for (let bits = this.bitsOf(chunk); bits !== 0; bits &= bits - 1) {
      const other = (chunk << C.CHUNK_SHIFT) + lowestBit(bits)
      if (other !== place) rows.push(this.places.rowAt(other))
    }
    return rows
  }

  /** Keys of the chunk that are in any pane. */
  bitsOf(chunk: number): number {
    let bits = 0
    for (let pane = this.oldest; pane !== 0; pane = this.newer(pane)) {
      const address = this.chunkOf(pane, chunk)
      if (address !== 0) bits |= this.state.u32[address]
    }
    return bits
  }

  /** Keys that were refused and have nothing in any pane. */
  #dropUnused({ row: rowOf, at, wanted, wantedCount }: RowPlaces): void {
    for (let n = 0; n < wantedCount; n++) {
      const row = rowOf[wanted[n]]
      if (row === 0 || at[wanted[n]] !== 0 || !this.table.isRow(row)) continue
      const place = this.state.u32[row + C.PLACE] - 1
      const bits = place < 0 ? 0 : this.bitsOf(place >>> C.CHUNK_SHIFT)
      if ((bits & (1 << (place & C.CHUNK_MASK))) === 0 || place < 0) this.table.remove(row)
    }
  }
}

export const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits)
