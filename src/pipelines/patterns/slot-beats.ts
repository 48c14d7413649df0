/**
 * Heartbeats by the place that their series has in the shard: a column of moments, so that one costs a store and no look-up. A
 * series is linked to its key's row with its second heartbeat; from then on neither row nor timer hears of it as long as it
 * beats. Who looks at the row folds the latest of its series' heartbeats into it. Keys without a timer are found by a sweep
 * over the column, now and then, which sets timers for those that are due before the next one, whatever beats meanwhile.
 * Heartbeats need no undoing: one that comes again says the same again. Links are undone like everything else. Only for
 * patterns that keep nothing but times: with whole readings a column is no faster than rows.
 *
 *   table's own words   3 directory (block)  4 pages it has room for  5 series linked  6 next sweep (f64)  8 restored then
 *   page of 64 slots    moments (f64; 0 = not linked)  rows  next of the same row (slot + 1)
 */
import type { ReadingBlock } from '../definition/reading-block.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { PART_RESTORED } from '../state/state.layout.ts'
import { momentOf, placeMoment, timeOfMoment } from './beat-fields.ts'
import { FIRST_SLOT, LAST_BEAT } from './key-row.layout.ts'
import type { PatternRows } from './pattern-rows.ts'

const DIRECTORY = 3
const PAGES = 4
const LINKED = 5
const NEXT_SWEEP = 6
const RESTORED = 8

const SLOT_BITS = 6
const SLOTS = 1 << SLOT_BITS
const IN_PAGE = SLOTS - 1
const ROWS = 2 * SLOTS
const NEXTS = ROWS + SLOTS
const PAGE_WORDS = NEXTS + SLOTS
const FIRST_PAGES = 16
/** Far more than a shard's series: what is beyond is kept in rows. */
const MAX_SLOTS = 1 << 24

/** Of the time that a key may be silent: so far ahead a sweep sets timers. */
const SWEEP_SHARE = 1 / 8

export class SlotBeats {
  readonly #state: ShardState
  readonly #own: number
  readonly #beatMs: number

  constructor(state: ShardState, { own }: KeyTable, beatMs: number) {
    this.#state = state
    this.#own = own
    this.#beatMs = beatMs
  }

  get isEmpty(): boolean {
    return this.#state.u32[this.#own + LINKED] === 0
  }

  /** The part was brought back from a checkpoint: series may have other places now. */
  get isStale(): boolean {
    return !this.isEmpty && this.#state.u32[this.#own + RESTORED] !== this.#state.u32[PART_RESTORED]
  }

  /** No key without a timer is due before. */
  get nextSweep(): number {
    return this.isEmpty ? Infinity : this.#state.f64[(this.#own + NEXT_SWEEP) >>> 1]
  }

  /** Returns how many of the rows are no heartbeats of linked series: their numbers are in `others`. */
  take(
    { count, row: blockRow }: PatternRows,
    { time, region, tier }: ReadingBlock,
    slots: Uint32Array,
    watermark: number,
    others: Int32Array,
  ): number {
    const { u32, f64 } = this.#state
    const beatMs = this.#beatMs
    const directory = u32[this.#own + DIRECTORY]
    const pages = u32[this.#own + PAGES]
    let left = 0
    for (let i = 0; i < count; i++) {
      const row = blockRow[i]
      const slot = slots[row]
      const number = slot >>> SLOT_BITS
      const page = number < pages ? u32[directory + number] : 0
      const to = (page >>> 1) + (slot & IN_PAGE)
      const last = f64[to]
      const at = time[row]
      const moment = momentOf(at, region[row], tier[row])
      const isBeat = page !== 0 && last !== 0 && moment !== 0 && at >= watermark
      if (!isBeat || at - timeOfMoment(last) > beatMs) others[left++] = i
      else if (moment > last) f64[to] = moment
    }
    return left
  }

  /** From now on heartbeats of the series in that slot are the row's; false when there is no room for that. */
  link(row: number, slot: number, { time, region, tier }: ReadingBlock, blockRow: number): boolean {
    const moment = momentOf(time[blockRow], region[blockRow], tier[blockRow])
    const page = moment === 0 || slot >= MAX_SLOTS ? 0 : this.#pageOf(slot >>> SLOT_BITS)
    if (page === 0) return false
    const { u32, f64 } = this.#state
    const at = slot & IN_PAGE
    const owner = u32[page + ROWS + at]
    if (owner !== 0 && owner !== row) return false
    if (owner === 0) this.#enlist(row, slot, page)
    if (owner === 0 || moment > f64[(page >>> 1) + at]) f64[(page >>> 1) + at] = moment
    return true
  }

  hasLinks(row: number): boolean {
    return this.#state.u32[row + FIRST_SLOT] !== 0
  }

  /** The row's last heartbeat is the latest of its series; those that have been silent too long are no longer linked. */
  fold(row: number): void {
    const { u32, f64 } = this.#state
    for (let next = u32[row + FIRST_SLOT]; next !== 0; next = this.#behind(next))
      this.#foldSlot(row, this.#pageAt(next - 1), (next - 1) & IN_PAGE)
    const oldest = f64[(row + LAST_BEAT) >>> 1] - this.#beatMs
    let before = row + FIRST_SLOT
    for (let next = u32[before]; next !== 0; next = u32[before]) {
      const place = this.#pageAt(next - 1) + NEXTS + ((next - 1) & IN_PAGE)
      if (this.#timeOf(next) < oldest) this.#state.put(before, this.#unlink(next))
      else before = place
    }
  }

  /** The row is about to go, or its series have other places. */
  release(row: number): void {
    const { u32 } = this.#state
    if (!this.hasLinks(row)) return
    for (let next = u32[row + FIRST_SLOT]; next !== 0;) next = this.#unlink(next)
    this.#state.put(row + FIRST_SLOT, 0)
  }

  /**
   * At the event time `now` shows each row of a slot that is due before the next sweep with that time, several times if it
   * has several; `watch` returns false to break off. True when all were shown.
   */
  sweep(now: number, watch: (row: number, due: number) => boolean): boolean {
    const { u32, f64 } = this.#state
    const horizon = now + this.#beatMs * SWEEP_SHARE
    const directory = u32[this.#own + DIRECTORY]
    const pages = u32[this.#own + PAGES]
    let next = Infinity
    for (let number = 0; number < pages; number++) {
      const page = u32[directory + number]
      if (page === 0) continue
      for (let at = 0; at < SLOTS; at++) {
        const moment = f64[(page >>> 1) + at]
        if (moment === 0) continue
        const due = timeOfMoment(moment) + this.#beatMs
        if (due >= horizon) next = Math.min(next, due)
        else if (!watch(u32[page + ROWS + at], due)) return false
      }
    }
    this.#state.putNumber(this.#own + NEXT_SWEEP, next)
    return true
  }

  /** Whether a sweep finds the row in time, so that it needs no timer. */
  isSwept(row: number, due: number, now: number): boolean {
    if (!this.hasLinks(row) || this.isStale) return false
    if (due >= this.nextSweep) return true
    if (due < now + this.#beatMs * SWEEP_SHARE) return false
    this.#state.putNumber(this.#own + NEXT_SWEEP, due)
    return true
  }

  #foldSlot(row: number, page: number, at: number): void {
    const { f64 } = this.#state
    const last = row + LAST_BEAT
    const moment = f64[(page >>> 1) + at]
    if (timeOfMoment(moment) > f64[last >>> 1]) placeMoment(this.#state, last, moment)
  }

  #timeOf(next: number): number {
    return timeOfMoment(this.#state.f64[(this.#pageAt(next - 1) >>> 1) + ((next - 1) & IN_PAGE)])
  }

  #behind(next: number): number {
    return this.#state.u32[this.#pageAt(next - 1) + NEXTS + ((next - 1) & IN_PAGE)]
  }

  #enlist(row: number, slot: number, page: number): void {
    const at = slot & IN_PAGE
    if (this.isEmpty) this.#state.put(this.#own + RESTORED, this.#state.u32[PART_RESTORED])
    this.#state.save(page + 2 * at, 2)
    this.#state.put(page + ROWS + at, row)
    this.#state.put(page + NEXTS + at, this.#state.u32[row + FIRST_SLOT])
    this.#state.put(row + FIRST_SLOT, slot + 1)
    this.#state.add(this.#own + LINKED, 1)
  }

  /** Returns what stood behind it in its row's list. */
  #unlink(next: number): number {
    const behind = this.#behind(next)
    const page = this.#pageAt(next - 1)
    const at = (next - 1) & IN_PAGE
    this.#state.putNumber(page + 2 * at, 0)
    this.#state.put(page + ROWS + at, 0)
    this.#state.put(page + NEXTS + at, 0)
    this.#state.add(this.#own + LINKED, -1)
    return behind
  }

  #pageAt(slot: number): number {
    const { u32 } = this.#state
    return u32[u32[this.#own + DIRECTORY] + (slot >>> SLOT_BITS)]
  }

  /** Others' keys don't give way for a page. */
  #pageOf(number: number): number {
    const { u32 } = this.#state
    if (number >= u32[this.#own + PAGES] && !this.#grow(number)) return 0
    const place = u32[this.#own + DIRECTORY] + number
    if (u32[place] !== 0) return u32[place]
    const page = this.#state.allocate(PAGE_WORDS)
    if (page !== 0) this.#state.put(place, page)
    return page
  }

  #grow(number: number): boolean {
    const { u32 } = this.#state
    const old = u32[this.#own + DIRECTORY]
    const pages = u32[this.#own + PAGES]
    let more = Math.max(FIRST_PAGES, pages)
    while (more <= number) more *= 2
    const room = this.#state.allocate(more)
    if (room === 0) return false
    u32.copyWithin(room, old, old + pages)
    this.#state.put(this.#own + DIRECTORY, room)
    this.#state.put(this.#own + PAGES, more)
    if (old !== 0) this.#state.release(old, pages)
    return true
  }
}
