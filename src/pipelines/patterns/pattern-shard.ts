/**
 * A pattern in one shard. Items are put in order of time first: they wait in a wheel until the watermark has passed them, then
 * each goes to its key. A key has a row as long as it has partial matches, and a timer for the first of their deadlines; when
 * these are moved on, the timer is set anew only when it has gone off.
 *
 *   table's own words   0 wheel of items  1 wheel of timers  2 items so far
 */
import type { ReadingBlock } from '../definition/reading-block.ts'
import type { Envelope } from '../runtime/operator.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { ROW_STAMP } from '../state/state.layout.ts'
import { Beats, settleBeat } from './beats.ts'
import { Items } from './items.ts'
import type { Ended, Matcher } from './matcher.ts'
import { BEAT, keyWords } from './key-row.layout.ts'
import { Partials } from './partials.ts'
import type { PatternRows } from './pattern-rows.ts'
import { TimeWheel } from './time-wheel.ts'

export interface PatternShardParts {
  /** Number of the stage. */
  readonly stage: number
  readonly ofReadings: boolean
  readonly latenessMs: number
  /** Every item that the pattern wants is a heartbeat: a match begins so long after the last one. NaN = it is otherwise. */
  readonly beatMs: number
  /** A partial match waits so long at most. */
  readonly longestMs: number
  readonly matcher: (partials: Partials, items: Items) => Matcher
  /** A partial match has become one, or timed out. */
  readonly onEnded: (ended: Ended, shard: PatternShard) => void
}

/** A transaction is to end before the undo log is full. */
const LONG = 0.25

export class PatternShard {
  readonly state: ShardState
  readonly items: Items
  readonly partials: Partials
  readonly #parts: PatternShardParts
  readonly #table: KeyTable
  readonly #waiting: TimeWheel
  readonly #timers: TimeWheel
  readonly #matcher: Matcher
  readonly #beats: Beats

  constructor(state: ShardState, parts: PatternShardParts) {
    const dispose = (row: number): void => this.partials.releaseAll(row)
    const words = keyWords(parts.beatMs > 0)
    const table = state.table(parts.stage, { words, isEvictable: true, dispose })
    this.state = state
    this.#parts = parts
    this.#table = table
    this.items = new Items(state, table, parts.ofReadings)
    this.partials = new Partials(state, table, this.items, parts.beatMs)
    this.#waiting = new TimeWheel(state, table, table.own, parts.latenessMs)
    this.#timers = new TimeWheel(state, table, table.own + 1, parts.longestMs)
    this.#beats = new Beats(state, table, parts.beatMs)
    this.#matcher = parts.matcher(this.partials, this.items)
  }

  /** A reading that is not late. Throws when a field of it can't be kept. */
  addReading(block: ReadingBlock, rows: PatternRows, index: number): void {
    this.#wait(this.items.addReading(block, rows, index))
  }

  /**
   * Takes the heartbeats of keys that are alive out of the rows; returns how many others there are, whose numbers are in
   * `others`. A heartbeat needs not wait for others that are earlier: these make no difference any more.
   */
  takeBeats(rows: PatternRows, block: ReadingBlock, watermark: number, others: Int32Array): number {
    return this.#beats.take(rows, block, watermark, others)
  }

  /** Another item that is not late. */
  addItem(envelope: Envelope, mask: number, low: number, high: number): void {
    this.#wait(this.items.addItem(envelope, mask, low, high))
  }

  get isIdle(): boolean {
    return this.#waiting.count === 0 && this.#timers.count === 0
  }

  /** Everything before `watermark`; false when the open transaction has become long: then commit and call again. */
  advance(watermark: number): boolean {
    while (this.state.logFill < LONG) {
      const item = this.#waiting.first(watermark)
      const time = item === 0 ? watermark : this.#waiting.time
      const row = this.#timers.first(time)
      if (row !== 0) this.#goOff(row, time)
      else if (item === 0) return true
      else this.#show(item, time)
    }
    return false
  }

  #wait(item: number): void {
    if (item !== 0 && !this.#waiting.put(item, this.items.time(item))) this.items.release(item)
  }

  #show(item: number, time: number): void {
    this.#waiting.takeFirst()
    const { own } = this.#table
    const number = this.state.u32[own + 2] + 1
    this.state.put(own + 2, number)
    this.items.setNumber(item, number)
    const row = this.#rowOf(item)
    this.#settle(row)
    if (row !== 0 && !this.#isOutrun(row, time)) {
      this.#tell(this.#matcher.expire(row, time))
      this.#tell(this.#matcher.show(row, item))
      this.#setTimer(row)
    }
    this.items.release(item)
  }

  #settle(row: number): void {
    if (row !== 0 && this.#parts.beatMs > 0) settleBeat(this.state, row, this.items)
  }

  /** Later heartbeats than this one have come already. */
  #isOutrun(row: number, time: number): boolean {
    const beat = this.state.u32[row + BEAT]
    return beat !== 0 && this.items.time(beat) >= time
  }

  /** One is made only for what may be the first of a match. */
  #rowOf(item: number): number {
    const low = this.items.keyLow(item)
    const high = this.items.keyHigh(item)
    if (this.#matcher.begins(item)) return this.#table.findOrAdd(low, high, undefined)
    const row = this.#table.find(low, high)
    // what is told may make room for others: not at this key's cost
    if (row !== 0) this.state.u32[row + ROW_STAMP] = this.state.epoch
    return row
  }

  #tell(ended: readonly Ended[]): void {
    for (const one of ended) {
      this.#parts.onEnded(one, this)
      this.partials.release(one.partial)
    }
  }

  #goOff(row: number, limit: number): void {
    this.#timers.takeFirst()
    // of a row that is gone, or of one that a timer has been set for anew
    if (!this.#table.isRow(row) || this.partials.timer(row) !== this.#timers.time) return
    this.state.u32[row + ROW_STAMP] = this.state.epoch
    this.#settle(row)
    this.#tell(this.#matcher.expire(row, limit))
    this.partials.setTimer(row, 0)
    this.#setTimer(row)
  }

  /** A key that no timer can be set for has no room. */
  #setTimer(row: number): void {
    if (this.#parts.beatMs > 0) this.partials.setBeat(row)
    const due = this.#matcher.due(row)
    const timer = this.partials.timer(row)
    if (due === Infinity) {
      if (timer === 0) this.#table.remove(row)
      return
    }
    if (timer !== 0 && timer <= due) return
    if (this.#timers.put(row, due)) this.partials.setTimer(row, due)
    else if (timer === 0) this.#table.remove(row)
  }
}
