import type { Allocator } from './allocator.ts'

const BLOB_BYTES = 0
const BLOB_WORDS = 1

/** Texts in a part (keys' names, JSON), as UTF-8 behind their length. Never changed in place: write anew, release the old. */
export class TextBlobs {
  readonly #u32: Uint32Array
  readonly #bytes: Buffer
  readonly #allocator: Allocator

  constructor(u32: Uint32Array, allocator: Allocator) {
    this.#u32 = u32
    this.#bytes = Buffer.from(u32.buffer as ArrayBuffer, u32.byteOffset, u32.byteLength)
    this.#allocator = allocator
  }

  /** Its address, or 0 when there is no room. */
  write(text: string): number {
    const bytes = Buffer.byteLength(text)
    const blob = this.#allocator.allocate(wordsFor(bytes))
    if (blob === 0) return 0
    this.#u32[blob + BLOB_BYTES] = bytes
    this.#bytes.write(text, 4 * (blob + BLOB_WORDS))
    return blob
  }

  read(blob: number): string {
    const start = 4 * (blob + BLOB_WORDS)
    return this.#bytes.toString('utf8', start, start + this.#u32[blob + BLOB_BYTES])
  }

  release(blob: number): void {
    this.#allocator.release(blob, wordsFor(this.#u32[blob + BLOB_BYTES]))
  }
}

const wordsFor = (bytes: number): number => BLOB_WORDS + Math.ceil(bytes / 4)
