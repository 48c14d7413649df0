import { ROW_HIGH, ROW_LOW } from '../state/state.layout.ts'
import type { ShardState } from '../state/shard-state.ts'
import type { Accumulators } from './accumulators.ts'
import { scratch } from './arena.ts'
import * as C from './columns.layout.ts'
import type { Geometry } from './geometry.ts'
import { lowestBit, type PaneColumns } from './pane-columns.ts'
import type { WindowResult } from './window-operator.ts'

/** Chunks that are cleaned at once: all of their keys may go, and the undo log has to hold that. */
const CLEANED_CHUNKS = 16

/**
 * How far the windows of a shard have been given: one after the other in the order of their ends, each along the places of
 * its keys. Where it stands is in the state, so that the next worker goes on there.
 */
export class WindowCursor {
  readonly #columns: PaneColumns
  readonly #state: ShardState
  readonly #own: number
  readonly #geometry: Geometry
  readonly #accumulators: Accumulators
  /** The window's panes, and of these the chunks at hand and their keys. */
  readonly #panes: number[] = []
  readonly #chunks: number[] = []
  #chunk = -1
  #bits = 0

  constructor(columns: PaneColumns, geometry: Geometry, accumulators: Accumulators) {
    this.#columns = columns
    this.#state = columns.state
    this.#own = columns.table.own
    this.#geometry = geometry
    this.#accumulators = accumulators
  }

  /** UNBEGUN, WAITING, GIVING or CLEANING. */
  get phase(): number {
    return this.#state.u32[this.#own + C.PHASE]
  }

  /** Rows come, with nothing due at this watermark. */
  begin(watermark: number): void {
    const isBegun = this.phase !== C.UNBEGUN
    if (isBegun && (this.#columns.oldest !== 0 || this.#given >= watermark)) return
    this.#state.putNumber(this.#own + C.GIVEN, watermark)
    if (!isBegun) this.#state.put(this.#own + C.PHASE, C.WAITING)
  }

  isDue(watermark: number): boolean {
    if (this.phase !== C.WAITING) return this.phase !== C.UNBEGUN
    return this.#isEndDue(watermark) || this.#passesEnd(watermark)
  }

  /** What comes next but for giving: a window is taken to hand, or what it was the last one to need goes. */
  step(watermark: number): void {
    if (this.phase === C.CLEANING) this.#clean()
    else if (this.#isEndDue(watermark)) this.#start(this.#nextEnd)
    else this.#state.putNumber(this.#own + C.GIVEN, watermark)
  }

  /** Before `seek`: others may have worked on the state. */
  open(): void {
    const [start, end] = [this.#end - this.#geometry.size, this.#end]
    this.#panes.length = 0
    const columns = this.#columns
    for (let pane = columns.oldest; pane !== 0 && columns.startOf(pane) < end; pane = columns.newer(pane)) {
      if (columns.startOf(pane) >= start) this.#panes.push(pane)
    }
    this.#chunk = -1
  }

  /** Keys have gone. */
  forget(): void {
    this.#chunk = -1
  }

  /** Place of the next key to give; −1 = there is none. */
  seek(): number {
    const from = this.#state.u32[this.#own + C.CURSOR]
    const count = this.#columns.places.count
    if (from >>> C.CHUNK_SHIFT !== this.#chunk) this.#load(from >>> C.CHUNK_SHIFT)
    let bits = this.#bits & (-1 << (from & C.CHUNK_MASK))
    while (bits === 0) {
      if ((this.#chunk + 1) << C.CHUNK_SHIFT >= count) return -1
      this.#load(this.#chunk + 1)
      bits = this.#bits
    }
    return (this.#chunk << C.CHUNK_SHIFT) + lowestBit(bits)
  }

  /** The next one is looked for from there. */
  put(place: number): void {
    this.#state.put(this.#own + C.CURSOR, place)
  }

  result(row: number, place: number): WindowResult {
    const { u32 } = this.#state
    const end = this.#end
    return {
      low: u32[row + ROW_LOW],
      high: u32[row + ROW_HIGH],
      text: this.#columns.table.textOf(row),
      start: end - this.#geometry.size,
      end,
      revision: 0,
      early: false,
      values: this.#valuesAt(place & C.CHUNK_MASK),
    }
  }

  endGiving(): void {
    this.put(0)
    this.#state.put(this.#own + C.PHASE, C.CLEANING)
    if (this.#pastPanes === 0) this.#finish()
  }

  get #given(): number {
    return this.#state.f64[(this.#own + C.GIVEN) >>> 1]
  }

  get #end(): number {
    return this.#state.f64[(this.#own + C.END) >>> 1]
  }

  /** End of the first window that was not given and has a pane. */
  get #nextEnd(): number {
    const pane = this.#columns.oldest
    return this.#geometry.endAfter(Math.max(this.#columns.startOf(pane), this.#given))
  }

  #isEndDue(watermark: number): boolean {
    return this.#columns.oldest !== 0 && this.#nextEnd <= watermark
  }

  /** Windows that nobody has rows of count as given: what comes now is no longer for them. */
  #passesEnd(watermark: number): boolean {
    return (
      watermark > this.#given && watermark !== Infinity && this.#geometry.endAfter(this.#given) <= watermark
    )
  }

  #start(end: number): void {
    this.#state.putNumber(this.#own + C.END, end)
    this.#state.put(this.#own + C.PHASE, C.GIVING)
    this.put(0)
  }

  get #pastPanes(): number {
    const columns = this.#columns
    let count = 0
    for (let pane = columns.oldest; pane !== 0; pane = columns.newer(pane), count++) {
      if (this.#geometry.lastEnd(columns.startOf(pane)) > this.#end) break
    }
    return count
  }

  #clean(): void {
    const past = this.#pastPanes
    const from = this.#state.u32[this.#own + C.CURSOR]
    const chunks = (this.#columns.places.count + C.CHUNK_MASK) >>> C.CHUNK_SHIFT
    const until = Math.min(chunks, from + CLEANED_CHUNKS)
    for (let chunk = from; chunk < until; chunk++) this.#columns.clean(chunk, past)
    this.put(until)
    if (until < chunks) return
    for (let n = 0; n < past; n++) this.#columns.dropOldest()
    this.#finish()
  }

  #finish(): void {
    this.#state.putNumber(this.#own + C.GIVEN, this.#end)
    this.#state.put(this.#own + C.PHASE, C.WAITING)
  }

  #load(chunk: number): void {
    const { u32 } = this.#state
    let bits = 0
    for (let k = 0; k < this.#panes.length; k++) {
      const address = this.#columns.chunkOf(this.#panes[k], chunk)
      this.#chunks[k] = address
      if (address !== 0) bits |= u32[address]
    }
    this.#chunk = chunk
    this.#bits = bits
  }

  /** What the panes hold of the key, in the order of time. */
  #valuesAt(index: number): WindowResult['values'] {
    const { arena } = this.#columns
    const { u32 } = arena
    const { words, merge, results } = this.#accumulators
    const [bit, offset] = [1 << index, C.CHUNK_HEAD + index * words]
    let first = 0
    let into = 0
    for (let k = 0; k < this.#panes.length; k++) {
      const chunk = this.#chunks[k]
      if (chunk === 0 || (u32[chunk] & bit) === 0) continue
      if (first === 0) {
        first = chunk + offset
        continue
      }
      if (into === 0) {
        into = scratch.start(words)
        merge(scratch.arena, into, arena, first)
      }
      merge(scratch.arena, into, arena, chunk + offset)
    }
    return into === 0 ? results(arena, first) : results(scratch.arena, into)
  }
}
