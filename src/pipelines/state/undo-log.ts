import { MillraceError } from '../../core/errors.ts'
import { LOG_WORDS, PART_LOG } from './state.layout.ts'

/**
 * What words held before a transaction changed them, at the end of a part. A record is the old words, their address and
 * their number (of words here and there: an address for each, and the number is marked), and counts only when it is whole: a worker that dies at any moment leaves a log that undoes what it did.
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
    const u32 = this.#u32
    const used = u32[PART_LOG]
    if (used + 2 * count + 1 > LOG_WORDS) throw tooMuch()
    const to = this.#start + used
    for (let k = 0; k < count; k++) {
      u32[to + k] = u32[addresses[k]]
      u32[to + count + k] = addresses[k]
    }
    u32[to + 2 * count] = (count | SCATTERED) >>> 0
    u32[PART_LOG] = used + 2 * count + 1
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
      const words = u32[end - 1]
      u32[PART_LOG] -=
        words >= SCATTERED ? this.#undoEach(end, words - SCATTERED) : this.#undoBlock(end, words)
    }
    this.isOpen = false
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
    const from = end - 1 - 2 * count
    for (let k = 0; k < count; k++) u32[u32[from + count + k]] = u32[from + k]
    return 2 * count + 1
  }
}

/** In a record's number of words: each has its own address. */
const SCATTERED = 0x8000_0000

const tooMuch = (): MillraceError =>
  new MillraceError(
    'limit-reached',
    `a slice changes more state than the undo log holds (${4 * LOG_WORDS} bytes)`,
  )
