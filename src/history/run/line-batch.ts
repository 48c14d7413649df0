import { KeyRanks } from './key-ranks.ts'

/**
 * Lines of the output as they go from thread to thread, ordered by time, within one time by key, and within one key by text (both
 * as UTF-8). Line i is text[ends[i − 1] … ends[i]), with its line end; its key likewise.
 */
export interface LineBatch {
  readonly times: Float64Array<ArrayBuffer>
  readonly keys: Uint8Array<ArrayBuffer>
  readonly keyEnds: Uint32Array<ArrayBuffer>
  readonly text: Uint8Array<ArrayBuffer>
  readonly ends: Uint32Array<ArrayBuffer>
}

/** For a message: the memory goes with it. What is empty is used again. */
export const buffersOf = ({ times, keys, keyEnds, text, ends }: LineBatch): ArrayBuffer[] =>
  times.length === 0 ? [] : [times.buffer, keys.buffer, keyEnds.buffer, text.buffer, ends.buffer]

const FIRST_BYTES = 1 << 16
const NEWLINE = 0x0a
/** Of UTF-8 per unit of a string. */
const MAX_UNIT_BYTES = 3

/** Keeps lines as bytes until they are asked for: as strings they would be what the garbage collector copies most. */
export class LineCollector {
  #bytes = Buffer.alloc(FIRST_BYTES)
  #filled = 0
  #times: number[] = []
  #keys: string[] = []
  #ends: number[] = []
  readonly #ranks = new KeyRanks()

  get count(): number {
    return this.#ends.length
  }

  add(time: number, key: string, text: string): void {
    const most = MAX_UNIT_BYTES * text.length + 1
    if (this.#filled + most > this.#bytes.length) this.#grow(this.#filled + most)
    const end = this.#filled + this.#bytes.write(text, this.#filled)
    this.#bytes[end] = NEWLINE
    this.#filled = end + 1
    this.#times.push(time)
    this.#keys.push(key)
    this.#ends.push(end + 1)
  }

  take(): LineBatch {
    const count = this.#ends.length
    if (count === 0) return EMPTY
    const order = this.#order()
    const text = Buffer.from(new ArrayBuffer(this.#filled))
    const times = new Float64Array(count)
    const ends = new Uint32Array(count)
    let at = 0
    for (let i = 0; i < count; i++) {
      const line = order[i]
      at += this.#bytes.copy(text, at, this.#start(line), this.#ends[line])
      times[i] = this.#times[line]
      ends[i] = at
    }
    const keys = this.#ranks.bytesOf(this.#keys, order)
    this.#forget()
    return { times, ends, text: text as Uint8Array<ArrayBuffer>, ...keys }
  }

  #order(): Uint32Array {
    const order = this.#ranks.order(this.#times, this.#keys)
    const isSame = (a: number, b: number): boolean =>
      this.#times[a] === this.#times[b] && this.#keys[a] === this.#keys[b]
    for (let from = 0; from < order.length;) {
      let to = from + 1
      while (to < order.length && isSame(order[from], order[to])) to++
      if (to - from > 1) order.subarray(from, to).sort((a, b) => this.#compareText(a, b))
      from = to
    }
    return order
  }

  #compareText(a: number, b: number): number {
    return this.#bytes.compare(this.#bytes, this.#start(b), this.#ends[b], this.#start(a), this.#ends[a])
  }

  #start(line: number): number {
    return line === 0 ? 0 : this.#ends[line - 1]
  }

  #grow(bytes: number): void {
    const longer = Buffer.alloc(Math.max(bytes, 2 * this.#bytes.length))
    longer.set(this.#bytes.subarray(0, this.#filled))
    this.#bytes = longer
  }

  #forget(): void {
    this.#filled = 0
    this.#times = []
    this.#keys = []
    this.#ends = []
  }
}

const EMPTY: LineBatch = {
  ...{ times: new Float64Array(0), keys: new Uint8Array(0), keyEnds: new Uint32Array(0) },
  ...{ text: new Uint8Array(0), ends: new Uint32Array(0) },
}
