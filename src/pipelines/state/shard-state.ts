import { MillraceError } from '../../core/errors.ts'
import { publishCursor } from '../../memory/atomics.ts'
import { Allocator } from './allocator.ts'
import { KeyTable } from './key-table.ts'
import type { RowShape } from './key-table.ts'
import { PlaceTable } from './place-table.ts'
import * as L from './state.layout.ts'
import { TextBlobs } from './text-blobs.ts'
import { UndoLog } from './undo-log.ts'

interface Evicting {
  evict(): boolean
}

/** What gives way when a part is full. */
export type WhenFull = 'evict-oldest' | 'refuse-new'

/**
 * The part of a pipeline's state that belongs to one shard; whoever holds the shard's claim may touch it, nobody else.
 * `begin` opens a transaction: from then on everything is undone by `rollback`, also by the next holder after a worker's
 * death, until `commit`. Words are changed through the views, after they have been saved (`save`); what has just been
 * allocated needs no saving.
 */
export class ShardState {
  readonly u32: Uint32Array
  readonly i32: Int32Array
  /** An even address is `f64[address >>> 1]`. */
  readonly f64: Float64Array
  readonly texts: TextBlobs
  /** For who changes words without asking this object each time. */
  readonly log: UndoLog
  readonly #allocator: Allocator
  readonly #whenFull: WhenFull
  readonly #tables = new Map<number, KeyTable | PlaceTable>()

  constructor(buffer: SharedArrayBuffer, offset: number, words: number, whenFull: WhenFull) {
    this.u32 = new Uint32Array(buffer, offset, words)
    this.i32 = new Int32Array(buffer, offset, words)
    this.f64 = new Float64Array(buffer, offset, words / 2)
    this.#whenFull = whenFull
    this.log = new UndoLog(this.u32)
    this.#allocator = new Allocator(this.u32, this.log)
    this.texts = new TextBlobs(this.u32, this.#allocator)
  }

  get isOpen(): boolean {
    return this.log.isOpen
  }

  /** Number of the open transaction, or of the last one: rows that it used bear it as their stamp. */
  get epoch(): number {
    return this.u32[L.PART_EPOCH]
  }

  /** Share of the undo log in use: a long transaction ends before it is full. */
  get logFill(): number {
    return this.log.fill
  }

  /** Opens a transaction; false when one is open already, so that only who opened it ends it. */
  begin(): boolean {
    if (this.log.isOpen) return false
    if (this.u32[L.PART_LOG] > 0) this.log.undo()
    this.u32[L.PART_EPOCH]++
    this.log.isOpen = true
    return true
  }

  /** What has been written stays. */
  commit(): void {
    this.keep()
    this.show()
  }

  /** Commits; `show` is to follow when the last of several transactions is over. */
  keep(): void {
    this.log.forget()
  }

  /** Lets readers without a claim see the figures. */
  show(): void {
    const { u32 } = this
    for (let i = 0; i < L.SHOWN_FIGURES; i++) {
      const figure = u32[L.PART_USED + i]
      if (u32[L.PART_SHOWN + i] !== figure) publishCursor(this.i32, 4 * (L.PART_SHOWN + i), figure)
    }
  }

  /** Undoes what has been written since `begin`, also by a worker that died. */
  rollback(): void {
    this.log.undo()
  }

  /** To be called before words are changed. */
  save(address: number, words: number): void {
    this.log.save(address, words)
  }

  saveWord(address: number): void {
    this.log.saveWord(address)
  }

  /** Saves and sets one word. */
  put(address: number, value: number): void {
    this.log.saveWord(address)
    this.u32[address] = value
  }

  /** Saves and sets two words: a 64-bit number. */
  putNumber(address: number, value: number): void {
    this.log.save(address, 2)
    this.f64[address >>> 1] = value
  }

  /** Saves one word and adds to it. */
  add(address: number, amount: number): void {
    this.log.saveWord(address)
    this.u32[address] += amount
  }

  /**
   * A table of the stage with this number (0 … MAX_NODES − 1), which may have TABLES_PER_NODE of them; with the same shape
   * each time. Tables are opened before the first row is added, or their keys cannot give way.
   */
  table(node: number, shape: RowShape, which = 0): KeyTable {
    const index = node * L.TABLES_PER_NODE + which
    let table = this.#tables.get(index)
    if (table === undefined) {
      table = new KeyTable(this, index, shape)
      this.#tables.set(index, table)
    }
    if (table instanceof PlaceTable) throw otherwiseOpened(node, which)
    const { words, isEvictable } = table.shape
    if (words !== shape.words || isEvictable !== shape.isEvictable) {
      throw new MillraceError('internal', `table ${which} of stage ${node} was opened with another shape`, {
        opened: { words, isEvictable },
        asked: { words: shape.words, isEvictable: shape.isEvictable },
      })
    }
    return table
  }

  /** The same of keys with places; `forget` is told of those that go. */
  places(node: number, forget: (place: number) => void): PlaceTable {
    const index = node * L.TABLES_PER_NODE
    let table = this.#tables.get(index)
    if (table === undefined) {
      table = new PlaceTable(this, index, forget)
      this.#tables.set(index, table)
    }
    if (table instanceof KeyTable) throw otherwiseOpened(node, 0)
    return table
  }

  /** Zeroed words, or 0 when there is no room; nothing gives way and nothing is counted. */
  allocate(words: number): number {
    return this.#allocator.allocate(words)
  }

  release(address: number, words: number): void {
    this.#allocator.release(address, words)
  }

  /** Zeroed words for a table's row; 0 when nothing may give way for it, which counts as refused. */
  allocateFor(table: Evicting, words: number): number {
    return this.#allocator.allocate(words) || this.makeRoom(table, () => this.#allocator.allocate(words))
  }

  /** Tries again while keys give way, those of `table` first; 0 = refused. */
  makeRoom(table: Evicting, attempt: () => number): number {
    let address = attempt()
    for (let i = 0; address === 0 && i < MAX_EVICTIONS && this.#evict(table); i++) address = attempt()
    if (address === 0) this.u32[L.PART_REFUSED]++
    return address
  }

  #evict(table: Evicting): boolean {
    if (this.#whenFull === 'refuse-new') return false
    const evicted = table.evict() || [...this.#tables.values()].some((other) => other.evict())
    if (evicted) this.add(L.PART_EVICTED, 1)
    return evicted
  }
}

/** Keys that give way to one row at most: a row larger than all of them is refused in the end. */
const MAX_EVICTIONS = 64

const otherwiseOpened = (node: number, which: number): MillraceError =>
  new MillraceError('internal', `table ${which} of stage ${node} was opened as one of another kind`)
