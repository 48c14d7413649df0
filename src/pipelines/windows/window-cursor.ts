import type { ShardState } from '../state/shard-state.ts'
import type { Accumulators } from './accumulators.ts'
import { Scratch, type WindowArena } from './arena.ts'
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
  readonly #scratch: Scratch
  /** The window's panes; the chunk at hand, its keys, and what the panes hold of them. */
  readonly #panes: number[] = []
  #chunk = -1
  #bits = 0
  #arena: WindowArena
  #at = 0

  constructor(columns: PaneColumns, geometry: Geometry, accumulators: Accumulators) {
    this.#columns = columns
    this.#state = columns.state
    this.#own = columns.table.own
    this.#geometry = geometry
    this.#accumulators = accumulators
    this.#scratch = new Scratch(2 * C.CHUNK_KEYS * accumulators.words)
    this.#arena = columns.arena
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
    const count = this.#columns.table.places
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

  result(place: number): WindowResult {
    const { u32 } = this.#state
    const { table } = this.#columns
    const key = table.keyAt(place)
    const end = this.#end
    return {
      low: u32[key],
      high: u32[key + 1],
      text: table.textAt(place),
      start: end - this.#geometry.size,
      end,
      revision: 0,
      early: false,
      values: this.#accumulators.results(
        this.#arena,
        this.#at + (place & C.CHUNK_MASK) * this.#accumulators.words,
      ),
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
    const chunks = (this.#columns.table.places + C.CHUNK_MASK) >>> C.CHUNK_SHIFT
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
    let [bits, filled] = [0, 0]
    for (const pane of this.#panes) {
      const entry = this.#columns.entryOf(pane, chunk)
      if (entry === 0 || u32[entry + C.ENTRY_BITS] === 0) continue
      bits |= u32[entry + C.ENTRY_BITS]
      this.#at = u32[entry]
      filled++
    }
    this.#chunk = chunk
    this.#bits = bits
    this.#arena = this.#columns.arena
    if (filled > 1) this.#putTogether(chunk)
  }

  /** What the panes hold of the chunk's keys, in the order of time. */
  #putTogether(chunk: number): void {
    const { u32 } = this.#state
    const { arena: from } = this.#columns
    const { arena } = this.#scratch
    this.#at = this.#scratch.start(C.CHUNK_KEYS * this.#accumulators.words)
    this.#arena = arena
    for (const pane of this.#panes) {
      const entry = this.#columns.entryOf(pane, chunk)
      if (entry !== 0)
        this.#accumulators.mergeEach(arena, this.#at, from, u32[entry], u32[entry + C.ENTRY_BITS])
    }
  }
}
