import { MillraceError } from '../../core/errors.ts'
import { type Chunk, CHUNK_BYTES, type Input } from './chunk.ts'
import { MAX_LINE_BYTES } from './lines-in-range.ts'
import { headerColumns } from './text-file.ts'

const NEWLINE = 0x0a

/** Lines that come as a stream (a pipe, a compressed file): cut into chunks of whole lines of the same size each time. */
export async function textStream(
  name: string,
  stream: AsyncIterable<Uint8Array>,
  kind: 'ndjson' | 'csv',
): Promise<Input> {
  const lines = new LineCutter(name, stream)
  if (kind === 'ndjson') {
    return { name, format: { kind }, unit: 'line', first: 1, bytes: 0, chunks: () => lines.chunks() }
  }
  const columns = headerColumns(name, await lines.line())
  return { name, format: { kind, columns }, unit: 'line', first: 2, bytes: 0, chunks: () => lines.chunks() }
}

class LineCutter {
  readonly #name: string
  readonly #parts: AsyncIterator<Uint8Array, undefined>
  #held = new Uint8Array(0)
  #isOver = false

  constructor(name: string, stream: AsyncIterable<Uint8Array>) {
    this.#name = name
    this.#parts = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>
  }

  /** The next line, with its end. */
  async line(): Promise<Uint8Array> {
    while (!this.#held.includes(NEWLINE) && (await this.#more()));
    return this.#cut(this.#held.indexOf(NEWLINE) + 1 || this.#held.length)
  }

  async *chunks(): AsyncGenerator<Chunk> {
    for (;;) {
      while (this.#held.length < CHUNK_BYTES && (await this.#more()));
      if (this.#held.length === 0) return
      const end = this.#held.length < CHUNK_BYTES ? this.#held.length : await this.#lastLineEnd()
      yield { kind: 'given', bytes: this.#cut(end) }
    }
  }

  async #lastLineEnd(): Promise<number> {
    const last = this.#held.lastIndexOf(NEWLINE, CHUNK_BYTES - 1) + 1
    if (last > 0) return last
    for (;;) {
      const end = this.#held.indexOf(NEWLINE) + 1
      if (end > 0) return end
      if (this.#held.length > CHUNK_BYTES + MAX_LINE_BYTES)
        throw new MillraceError('too-large', `${this.#name}: a line is longer than ${MAX_LINE_BYTES} bytes`)
      if (!(await this.#more())) return this.#held.length
    }
  }

  #cut(end: number): Uint8Array {
    const cut = this.#held.slice(0, end)
    this.#held = this.#held.subarray(end)
    return cut
  }

  async #more(): Promise<boolean> {
    if (this.#isOver) return false
    const { done, value } = await this.#parts.next()
    if (done === true) {
      this.#isOver = true
      return false
    }
    const joined = new Uint8Array(this.#held.length + value.length)
    joined.set(this.#held)
    joined.set(value, this.#held.length)
    this.#held = joined
    return true
  }
}
