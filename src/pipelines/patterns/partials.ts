/**
 * Partial matches of keys, in one shard. Those of a key are a list in the order of their first items. What one has taken is a
 * chain of nodes, the last first; partial matches that began alike share it.
 *
 *   partial  0 next  1 last node  2 step | flags  3 items of this step  4 deadline (f64)  6 first item
 *   node     0 the one before  1 item  2 step << 8 | which of its conditions  3 references
 */
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { beatOfItem } from './beats.ts'
import type { Items } from './items.ts'
import { BEAT, BEAT_WORDS, FIRST, HOW_MANY, LAST, LAST_BEAT, TIMER } from './key-row.layout.ts'

const NODE = 1
const PLACE = 2
const TAKEN = 3
const DEADLINE = 4
const BEGIN = 6
const PARTIAL_WORDS = 8
/** Nothing has come since its last item. */
const FRESH = 0x100
/** What must not come has come; only more items of the same step mend that. */
const BLOCKED = 0x200

const NODE_WORDS = 4

export interface TakenItem {
  readonly item: number
  readonly step: number
  readonly which: number
}

export class Partials {
  readonly state: ShardState
  readonly #table: KeyTable
  readonly #items: Items
  readonly #u32: Uint32Array
  readonly #f64: Float64Array
  /** Deadlines follow the first item, which heartbeats move; NaN = they are kept. */
  readonly #beatMs: number

  constructor(state: ShardState, table: KeyTable, items: Items, beatMs: number) {
    this.state = state
    this.#table = table
    this.#items = items
    this.#u32 = state.u32
    this.#f64 = state.f64
    this.#beatMs = beatMs
  }

  first(row: number): number {
    return this.#u32[row + FIRST]
  }

  next(partial: number): number {
    return this.#u32[partial]
  }

  count(row: number): number {
    return this.#u32[row + HOW_MANY]
  }

  timer(row: number): number {
    return this.#f64[(row + TIMER) >>> 1]
  }

  setTimer(row: number, time: number): void {
    this.state.putNumber(row + TIMER, time)
  }

  step(partial: number): number {
    return this.#u32[partial + PLACE] & 0xff
  }

  isFresh(partial: number): boolean {
    return (this.#u32[partial + PLACE] & FRESH) !== 0
  }

  isBlocked(partial: number): boolean {
    return (this.#u32[partial + PLACE] & BLOCKED) !== 0
  }

  /** Something has come that it didn't take. */
  setStale(partial: number): void {
    if (this.isFresh(partial)) this.state.put(partial + PLACE, this.#u32[partial + PLACE] & ~FRESH)
  }

  setBlocked(partial: number): void {
    this.state.put(partial + PLACE, this.#u32[partial + PLACE] | BLOCKED)
  }

  /** Items of the step at which it stands. */
  taken(partial: number): number {
    return this.#u32[partial + TAKEN]
  }

  deadline(partial: number): number {
    if (this.#beatMs > 0) return this.#items.time(this.begin(partial)) + this.#beatMs
    return this.#f64[(partial + DEADLINE) >>> 1]
  }

  setDeadline(partial: number, time: number): void {
    if (this.deadline(partial) !== time) this.state.putNumber(partial + DEADLINE, time)
  }

  /** Lets heartbeats find the item that they move. */
  setBeat(row: number): void {
    const first = this.first(row)
    const item = first === 0 ? 0 : this.begin(first)
    if (this.#u32[row + BEAT] === item) return
    this.state.put(row + BEAT, item)
    this.state.save(row + LAST_BEAT, BEAT_WORDS)
    if (item !== 0) beatOfItem(this.state, row + LAST_BEAT, item)
  }

  begin(partial: number): number {
    return this.#u32[partial + BEGIN]
  }

  lastItem(partial: number): number {
    return this.#u32[this.#u32[partial + NODE] + 1]
  }

  /** All that it has taken, in order. */
  all(partial: number): TakenItem[] {
    const u32 = this.#u32
    const all: TakenItem[] = []
    for (let node = u32[partial + NODE]; node !== 0; node = u32[node])
      all.push({ item: u32[node + 1], step: u32[node + 2] >>> 8, which: u32[node + 2] & 0xff })
    return all.reverse()
  }

  /** A new one, in no list yet; 0 when there is no room. */
  add(item: number): number {
    const partial = this.#table.allocate(PARTIAL_WORDS)
    if (partial === 0) return 0
    this.#u32[partial + BEGIN] = item
    return partial
  }

  /** The same once more, in no list yet; 0 when there is no room. */
  copy(partial: number): number {
    const copy = this.#table.allocate(PARTIAL_WORDS)
    if (copy === 0) return 0
    this.#u32.copyWithin(copy + 1, partial + 1, partial + PARTIAL_WORDS)
    const node = this.#u32[partial + NODE]
    if (node !== 0) this.state.add(node + 3, 1)
    return copy
  }

  /** False when there is no room. */
  take(partial: number, item: number, step: number, which: number): boolean {
    const u32 = this.#u32
    const node = this.#table.allocate(NODE_WORDS)
    if (node === 0) return false
    const goesOn = u32[partial + NODE] !== 0 && this.step(partial) === step
    u32[node] = u32[partial + NODE]
    u32[node + 1] = item
    u32[node + 2] = (step << 8) | which
    u32[node + 3] = 1
    this.#items.refer(item)
    this.state.save(partial + NODE, 3)
    u32[partial + NODE] = node
    u32[partial + PLACE] = step | FRESH
    u32[partial + TAKEN] = goesOn ? u32[partial + TAKEN] + 1 : 1
    return true
  }

  append(row: number, partial: number): void {
    const last = this.#u32[row + LAST]
    this.#link(row, last, partial)
    this.state.put(row + LAST, partial)
  }

  /** Puts it into the list behind `before` (0: at its head). */
  insert(row: number, before: number, partial: number): void {
    const behind = before === 0 ? this.first(row) : this.next(before)
    if (behind === 0) return this.append(row, partial)
    this.state.put(partial, behind)
    this.#link(row, before, partial)
  }

  /** Takes it out of the list, in which it stands behind `before`. */
  unlink(row: number, before: number, partial: number): void {
    const behind = this.next(partial)
    this.state.put(before === 0 ? row + FIRST : before, behind)
    if (behind === 0) this.state.put(row + LAST, before)
    this.state.add(row + HOW_MANY, -1)
  }

  /** Gives back one that is in no list. */
  release(partial: number): void {
    const u32 = this.#u32
    for (let node = u32[partial + NODE]; node !== 0;) {
      if (u32[node + 3] > 1) {
        this.state.add(node + 3, -1)
        break
      }
      const before = u32[node]
      this.#items.release(u32[node + 1])
      this.state.release(node, NODE_WORDS)
      node = before
    }
    this.state.release(partial, PARTIAL_WORDS)
  }

  /** The key's row is about to go. */
  releaseAll(row: number): void {
    for (let partial = this.first(row); partial !== 0;) {
      const next = this.next(partial)
      this.release(partial)
      partial = next
    }
  }

  #link(row: number, before: number, partial: number): void {
    this.state.put(before === 0 ? row + FIRST : before, partial)
    this.state.add(row + HOW_MANY, 1)
  }
}
