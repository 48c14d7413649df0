import { classOf, classWithin, wordsOf } from './size-class.ts'
import { LOG_WORDS, PART_BUMP, PART_EPOCH, PART_FREE, PART_USED, SIZE_CLASSES } from './state.layout.ts'
import type { UndoLog } from './undo-log.ts'

/** Up to so many a loop clears faster than a call of `fill`. */
const FEW_WORDS = 64

/**
 * Blocks of words in one part: from the free list of their size, else from what was never given out, else cut from a larger
 * free one. A free block's first word is the next one's address.
 */
export class Allocator {
  readonly #u32: Uint32Array
  readonly #log: UndoLog
  readonly #end: number
  /** The last transaction that has given blocks back: what it takes from a list may hold what it must be able to restore. */
  #releasing = NaN

  constructor(u32: Uint32Array, log: UndoLog) {
    this.#u32 = u32
    this.#log = log
    this.#end = u32.length - LOG_WORDS
  }

  /** Zeroed words, or 0 when there is no room. */
  allocate(words: number): number {
    const sizeClass = classOf(words)
    const size = wordsOf(sizeClass)
    const block = this.#reuse(sizeClass, size) || this.#extend(size) || this.#cut(sizeClass, size)
    if (block === 0) return 0
    if (size > FEW_WORDS) this.#u32.fill(0, block, block + size)
    else for (let at = block; at < block + size; at++) this.#u32[at] = 0
    this.#use(size)
    return block
  }

  release(block: number, words: number): void {
    this.#releasing = this.#u32[PART_EPOCH]
    const sizeClass = classOf(words)
    this.#push(block, sizeClass)
    this.#use(-wordsOf(sizeClass))
  }

  #use(words: number): void {
    this.#log.saveWord(PART_USED)
    this.#u32[PART_USED] += words
  }

  #push(block: number, sizeClass: number): void {
    this.#log.saveWord(block)
    this.#log.saveWord(PART_FREE + sizeClass)
    this.#u32[block] = this.#u32[PART_FREE + sizeClass]
    this.#u32[PART_FREE + sizeClass] = block
  }

  #reuse(sizeClass: number, size: number): number {
    const block = this.#u32[PART_FREE + sizeClass]
    if (block === 0) return 0
    this.#saveFree(block, size)
    this.#log.saveWord(PART_FREE + sizeClass)
    this.#u32[PART_FREE + sizeClass] = this.#u32[block]
    return block
  }

  /** All its words when they may have been freed by the same transaction, else its place in the list. */
  #saveFree(block: number, size: number): void {
    this.#log.save(block, this.#releasing === this.#u32[PART_EPOCH] ? size : 1)
  }

  #extend(size: number): number {
    const block = this.#u32[PART_BUMP]
    if (block + size > this.#end) return 0
    this.#log.saveWord(PART_BUMP)
    this.#u32[PART_BUMP] = block + size
    return block
  }

  #cut(sizeClass: number, size: number): number {
    for (let larger = sizeClass + 1; larger < SIZE_CLASSES; larger++) {
      const block = this.#u32[PART_FREE + larger]
      if (block === 0) continue
      this.#saveFree(block, size)
      this.#log.saveWord(PART_FREE + larger)
      this.#u32[PART_FREE + larger] = this.#u32[block]
      this.#keepRest(block + size, wordsOf(larger) - size)
      return block
    }
    return 0
  }

  /** What was cut off goes to the lists in the largest pieces that there are sizes for. */
  #keepRest(start: number, words: number): void {
    while (words >= 4) {
      const sizeClass = classWithin(words)
      this.#push(start, sizeClass)
      start += wordsOf(sizeClass)
      words -= wordsOf(sizeClass)
    }
  }
}
