/**
 * Entries of one kind, in numbered chunks: what the store reads and writes at once. A new entry goes where there is
 * room, so that entries that come together stand together, and writing many of them touches few chunks.
 */
import { assert } from '../../core/errors.ts'
import type { Codec } from './codecs.ts'

/** Some KiB for a chunk of usual devices: about what the database writes for a single one anyway. */
const CHUNK_ENTRIES = 64

export class Shelf<T> {
  readonly #codec: Codec<T>
  readonly #chunks: (T[] | undefined)[] = []
  readonly #chunkOf = new Map<string, number>()
  /** Chunks with room, the one to fill next last. */
  readonly #roomy: number[] = []

  constructor(codec: Codec<T>) {
    this.#codec = codec
  }

  get size(): number {
    return this.#chunkOf.size
  }

  /** Adds the entry or replaces the one with its key; returns the chunk that changed. */
  put(entry: T): number {
    const key = this.#codec.keyOf(entry)
    const at = this.#chunkOf.get(key)
    if (at === undefined) return this.#add(key, entry)
    const chunk = this.#chunk(at)
    chunk[this.#indexIn(chunk, key)] = entry
    return at
  }

  /** Returns the chunk that changed; undefined if there is no such entry. */
  remove(key: string): number | undefined {
    const at = this.#chunkOf.get(key)
    if (at === undefined) return undefined
    const chunk = this.#chunk(at)
    if (chunk.length === CHUNK_ENTRIES) this.#roomy.push(at)
    chunk.splice(this.#indexIn(chunk, key), 1)
    this.#chunkOf.delete(key)
    return at
  }

  /** The text of a chunk; '' if nothing is in it. */
  encode(number: number): string {
    const chunk = this.#chunks[number]
    return chunk === undefined || chunk.length === 0 ? '' : this.#codec.encode(chunk)
  }

  /**
   * Puts a chunk back that `encode` made the text of. An entry that another chunk has too (it moved, and its old place was
   * not written any more) is left out. Returns whether all are in.
   */
  restore(number: number, text: string): boolean {
    const decoded = this.#codec.decode(text)
    assert(decoded.length <= CHUNK_ENTRIES && this.#chunks[number] === undefined, 'a chunk comes once')
    const size = this.size + decoded.length
    for (const entry of decoded) {
      const key = this.#codec.keyOf(entry)
      if (!this.#chunkOf.has(key)) this.#chunkOf.set(key, number)
    }
    const isWhole = this.size === size
    const chunk = isWhole
      ? decoded
      : decoded.filter((entry) => this.#chunkOf.get(this.#codec.keyOf(entry)) === number)
    this.#chunks[number] = chunk
    if (chunk.length < CHUNK_ENTRIES) this.#roomy.push(number)
    return isWhole
  }

  /** Numbers of the chunks that hold something. */
  *numbers(): IterableIterator<number> {
    for (let number = 0; number < this.#chunks.length; number++) {
      if (this.#chunks[number]?.length) yield number
    }
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const chunk of this.#chunks) if (chunk !== undefined) yield* chunk
  }

  #add(key: string, entry: T): number {
    const number = this.#withRoom()
    const chunk = (this.#chunks[number] ??= [])
    chunk.push(entry)
    if (chunk.length === CHUNK_ENTRIES) this.#roomy.pop()
    this.#chunkOf.set(key, number)
    return number
  }

  #withRoom(): number {
    if (this.#roomy.length === 0) this.#roomy.push(this.#chunks.length)
    return this.#roomy[this.#roomy.length - 1]
  }

  #chunk(number: number): T[] {
    const chunk = this.#chunks[number]
    assert(chunk !== undefined, 'there is a chunk of this number')
    return chunk
  }

  #indexIn(chunk: readonly T[], key: string): number {
    return chunk.findIndex((entry) => this.#codec.keyOf(entry) === key)
  }
}
