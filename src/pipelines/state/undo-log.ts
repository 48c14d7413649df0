import { MillraceError } from '../../core/errors.ts'
import { LOG_WORDS, PART_LOG } from './state.layout.ts'

/*
 * Records, of which the last word says what they are:
 *
 *   a block         its old words · its address · its number of words
 *   blocks of one   their old words · their addresses · words of each · SCATTERED + how many
 *   size
 */

/**
 * What words held before a transaction changed them, at the end of a part. A record counts only when it is whole: a worker
 * that dies at any moment leaves a log that undoes what it did.
 */
export class UndoLog {
  isOpen = false
  readonly #u32: Uint32Array
  readonly #start: number

  constructor(u32: Uint32Array) {
    this.#u32 = u32
    this.#start = u32.length - LOG_WORDS
  }

  /** To be called before `words` words from `address` on are changed. */
  save(address: number, words: number): void {
    if (!this.isOpen) return
    const u32 = this.#u32
    const used = u32[PART_LOG]
    if (used + words + 2 > LOG_WORDS) throw tooMuch()
    let to = this.#start + used
    for (let i = 0; i < words; i++) u32[to++] = u32[address + i]
    u32[to] = address
    u32[to + 1] = words
    u32[PART_LOG] = used + words + 2
  }

  /** The same of one word. */
  saveWord(address: number): void {
    if (!this.isOpen) return
    const u32 = this.#u32
    const used = u32[PART_LOG]
    if (used + 3 > LOG_WORDS) throw tooMuch()
    const to = this.#start + used
    u32[to] = u32[address]
    u32[to + 1] = address
    u32[to + 2] = 1
    u32[PART_LOG] = used + 3
  }

  /** The same of words here and there: all of them are read before the first one is changed. */
  saveEach(addresses: Uint32Array, count: number): void {
    if (!this.isOpen || count === 0) return
    const to = this.#roomFor(count, 1)
    const u32 = this.#u32
    for (let k = 0; k < count; k++) {
      const address = addresses[k]
      u32[to + k] = u32[address]
      u32[to + count + k] = address
    }
    this.#endRecord(to + 2 * count, count, 1)
  }

  /** The same of blocks of one size, an even number of words. */
  saveBlocks(addresses: Uint32Array, count: number, words: number): void {
    if (!this.isOpen || count === 0) return
    let to = this.#roomFor(count, words)
    const u32 = this.#u32
    for (let k = 0; k < count; k++) {
      const from = addresses[k]
      for (let at = from; at < from + words; at += 2, to += 2) {
        u32[to] = u32[at]
        u32[to + 1] = u32[at + 1]
      }
    }
    for (let k = 0; k < count; k++) u32[to++] = addresses[k]
    this.#endRecord(to, count, words)
  }

  /** Share of the log that is in use. */
  get fill(): number {
    return this.#u32[PART_LOG] / LOG_WORDS
  }

  forget(): void {
    this.#u32[PART_LOG] = 0
    this.isOpen = false
  }

  /** Newest first; each record is dropped when its words are back, so dying in here costs nothing. */
  undo(): void {
    const u32 = this.#u32
    while (u32[PART_LOG] > 0) {
      const end = this.#start + u32[PART_LOG]
      const last = u32[end - 1]
      u32[PART_LOG] -= last >= SCATTERED ? this.#undoEach(end, last - SCATTERED) : this.#undoBlock(end, last)
    }
    this.isOpen = false
  }

  #roomFor(count: number, words: number): number {
    const used = this.#u32[PART_LOG]
    if (used + sizeOf(count, words) > LOG_WORDS) throw tooMuch()
    return this.#start + used
  }

  #endRecord(to: number, count: number, words: number): void {
    const u32 = this.#u32
    u32[to] = words
    u32[to + 1] = (count | SCATTERED) >>> 0
    u32[PART_LOG] += sizeOf(count, words)
  }

  /** Words of the record. */
  #undoBlock(end: number, words: number): number {
    const u32 = this.#u32
    const from = end - 2 - words
    u32.copyWithin(u32[end - 2], from, from + words)
    return words + 2
  }

  #undoEach(end: number, count: number): number {
    const u32 = this.#u32
    const words = u32[end - 2]
    const addresses = end - 2 - count
    const from = addresses - count * words
    for (let k = 0; k < count; k++)
      u32.copyWithin(u32[addresses + k], from + k * words, from + (k + 1) * words)
    return sizeOf(count, words)
  }
}

/** In a record's last word: it is of several blocks. */
const SCATTERED = 0x8000_0000

const sizeOf = (count: number, words: number): number => count * (words + 1) + 2

const tooMuch = (): MillraceError =>
  new MillraceError(
    'limit-reached',
    `a slice changes more state than the undo log holds (${4 * LOG_WORDS} bytes)`,
  )
