/**
 * Items that wait for their turn or are part of a match, in one shard. A reading is kept as its columns, any other item as text,
 * and an item that only parts others as its key. An item goes when nothing refers to it any more.
 *
 *   0 references  1 conditions that hold  2 key  3  4 time (f64)  6 number in the order of time  7 text: an item, or derived fields
 *   8 value (f64)  10 device (f64)  12 lat (f64)  14 lon (f64)  16 score (f64)  18 metric << 16 | region << 8 | tier
 */
import { plainOfText, textOfPlain } from '../operators/plain-text.ts'
import type { ReadingBlock } from '../definition/reading-block.ts'
import type { Envelope } from '../runtime/operator.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import type { PatternRows } from './pattern-rows.ts'

const MASK = 1
const KEY = 2
const TIME = 4
const NUMBER = 6
const TEXT = 7
const SHORT_WORDS = 8
const VALUE = 8
const DEVICE = 10
const LAT = 12
const LON = 14
const SCORE = 16
const PLACE = 18
const READING_WORDS = 20

/** A reading as it was kept, for who makes an item of it. */
export interface KeptReading {
  readonly device: number
  readonly metric: number
  readonly time: number
  readonly value: number
  readonly lat: number
  readonly lon: number
  readonly region: number
  readonly tier: number
  readonly score: number
  readonly derived: readonly unknown[]
}

export class Items {
  readonly state: ShardState
  readonly #table: KeyTable
  readonly #u32: Uint32Array
  readonly #f64: Float64Array
  readonly #ofReadings: boolean

  constructor(state: ShardState, table: KeyTable, ofReadings: boolean) {
    this.state = state
    this.#table = table
    this.#u32 = state.u32
    this.#f64 = state.f64
    this.#ofReadings = ofReadings
  }

  /** Its address, or 0 when there is no room. Throws when a derived field can't be kept. */
  addReading(block: ReadingBlock, rows: PatternRows, index: number): number {
    const row = rows.row[index]
    const mask = rows.mask[index]
    const derived = mask === 0 || rows.derived.length === 0 ? undefined : derivedText(rows.derived, index)
    const item = this.#table.allocate(mask === 0 ? SHORT_WORDS : READING_WORDS)
    if (item === 0) return 0
    this.#begin(item, mask, rows.keyLow[index], rows.keyHigh[index], block.time[row])
    if (mask === 0) return item
    if (derived !== undefined && !this.#keepText(item, derived, READING_WORDS)) return 0
    this.setReading(item, block, row)
    return item
  }

  /** Writes a reading's columns over another's. */
  setReading(item: number, block: ReadingBlock, row: number): void {
    const u32 = this.#u32
    const f64 = this.#f64
    f64[(item + TIME) >>> 1] = block.time[row]
    f64[(item + VALUE) >>> 1] = block.value[row]
    f64[(item + DEVICE) >>> 1] = block.device[row]
    f64[(item + LAT) >>> 1] = block.lat[row]
    f64[(item + LON) >>> 1] = block.lon[row]
    f64[(item + SCORE) >>> 1] = block.score[row]
    u32[item + PLACE] = (block.metric[row] << 16) | (block.region[row] << 8) | block.tier[row]
  }

  /** The same of another item. Throws when it can't be kept. */
  addItem(envelope: Envelope, mask: number, low: number, high: number): number {
    const text = mask === 0 ? undefined : textOfPlain(envelope, 'what the pattern keeps')
    const item = this.#table.allocate(SHORT_WORDS)
    if (item === 0) return 0
    this.#begin(item, mask, low, high, envelope.origin.time)
    if (text !== undefined && !this.#keepText(item, text, SHORT_WORDS)) return 0
    return item
  }

  refer(item: number): void {
    this.state.add(item, 1)
  }

  release(item: number): void {
    const u32 = this.#u32
    if (u32[item] > 1) return this.state.add(item, -1)
    const text = u32[item + TEXT]
    if (text !== 0) this.state.texts.release(text)
    this.state.release(item, this.#ofReadings && u32[item + MASK] !== 0 ? READING_WORDS : SHORT_WORDS)
  }

  /** How many refer to it. */
  references(item: number): number {
    return this.#u32[item]
  }

  mask(item: number): number {
    return this.#u32[item + MASK]
  }

  keyLow(item: number): number {
    return this.#u32[item + KEY]
  }

  keyHigh(item: number): number {
    return this.#u32[item + KEY + 1]
  }

  time(item: number): number {
    return this.#f64[(item + TIME) >>> 1]
  }

  /** Which it was in its shard, in the order of time. */
  number(item: number): number {
    return this.#u32[item + NUMBER]
  }

  /** Needs no undoing: when it comes again it is numbered again. */
  setNumber(item: number, number: number): void {
    this.#u32[item + NUMBER] = number
  }

  reading(item: number): KeptReading {
    const u32 = this.#u32
    const f64 = this.#f64
    const place = u32[item + PLACE]
    const text = u32[item + TEXT]
    return {
      device: f64[(item + DEVICE) >>> 1],
      metric: place >>> 16,
      time: f64[(item + TIME) >>> 1],
      value: f64[(item + VALUE) >>> 1],
      lat: f64[(item + LAT) >>> 1],
      lon: f64[(item + LON) >>> 1],
      region: (place >>> 8) & 0xff,
      tier: place & 0xff,
      score: f64[(item + SCORE) >>> 1],
      derived: text === 0 ? NONE : (plainOfText(this.state.texts.read(text)) as unknown[]),
    }
  }

  envelope(item: number): Envelope {
    return plainOfText(this.state.texts.read(this.#u32[item + TEXT])) as Envelope
  }

  #begin(item: number, mask: number, low: number, high: number, time: number): void {
    const u32 = this.#u32
    u32[item] = 1
    u32[item + MASK] = mask
    u32[item + KEY] = low
    u32[item + KEY + 1] = high
    this.#f64[(item + TIME) >>> 1] = time
  }

  #keepText(item: number, text: string, words: number): boolean {
    const blob = this.state.makeRoom(this.#table, () => this.state.texts.write(text))
    if (blob === 0) this.state.release(item, words)
    else this.#u32[item + TEXT] = blob
    return blob !== 0
  }
}

const NONE: readonly unknown[] = []

/** What is undefined can't be kept as such. */
const derivedText = (derived: readonly unknown[][], index: number): string =>
  textOfPlain(
    derived.map((values) => values[index] ?? null),
    'derived',
  )
