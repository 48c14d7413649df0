import type { LineBatch } from './line-batch.ts'

interface Run {
  readonly batch: LineBatch
  /** The first line that has not been given out. */
  line: number
}

/**
 * Puts lines in the order of their time, within one time of their key and within one key of their text, however many threads they
 * came from. What is later than the floor waits: there may still be something before it.
 */
export class ResultOrder {
  /** A heap: the run whose next line is first is at 0. */
  readonly #runs: Run[] = []
  #floor = -Infinity
  #text = new Uint8Array(1 << 16)

  add(batch: LineBatch): void {
    if (batch.times.length === 0) return
    this.#runs.push({ batch, line: 0 })
    for (let at = this.#runs.length - 1; at > 0 && this.#isBefore(at, (at - 1) >> 1); at = (at - 1) >> 1)
      this.#swap(at, (at - 1) >> 1)
  }

  /** The text of all lines up to and with `floor`. Lines that came after their time are in the next release. */
  release(floor: number): Uint8Array {
    this.#floor = Math.max(this.#floor, floor)
    const runs = this.#runs
    let filled = 0
    while (runs.length > 0 && runs[0].batch.times[runs[0].line] <= this.#floor) {
      const run = runs[0]
      const { text, ends, times } = run.batch
      const from = startOf(ends, run.line)
      const to = ends[run.line]
      if (filled + to - from > this.#text.length) this.#grow(filled + to - from)
      this.#text.set(text.subarray(from, to), filled)
      filled += to - from
      if (++run.line === times.length) this.#drop()
      this.#sink()
    }
    return this.#text.slice(0, filled)
  }

  #drop(): void {
    const last = this.#runs.pop()!
    if (this.#runs.length > 0) this.#runs[0] = last
  }

  #sink(): void {
    const count = this.#runs.length
    for (let at = 0; ;) {
      const left = 2 * at + 1
      if (left >= count) return
      const least = left + 1 < count && this.#isBefore(left + 1, left) ? left + 1 : left
      if (!this.#isBefore(least, at)) return
      this.#swap(least, at)
      at = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.#runs[a]
    const other = this.#runs[b]
    const apart = one.batch.times[one.line] - other.batch.times[other.line]
    if (apart !== 0) return apart < 0
    const keys = compared(
      one.batch.keys,
      one.batch.keyEnds,
      one.line,
      other.batch.keys,
      other.batch.keyEnds,
      other.line,
    )
    if (keys !== 0) return keys < 0
    return (
      compared(one.batch.text, one.batch.ends, one.line, other.batch.text, other.batch.ends, other.line) < 0
    )
  }

  #swap(a: number, b: number): void {
    const run = this.#runs[a]
    this.#runs[a] = this.#runs[b]
    this.#runs[b] = run
  }

  #grow(bytes: number): void {
    const longer = new Uint8Array(Math.max(bytes, 2 * this.#text.length))
    longer.set(this.#text)
    this.#text = longer
  }
}

const startOf = (ends: Uint32Array, line: number): number => (line === 0 ? 0 : ends[line - 1])

function compared(
  a: Uint8Array,
  aEnds: Uint32Array,
  aLine: number,
  b: Uint8Array,
  bEnds: Uint32Array,
  bLine: number,
): number {
  let i = startOf(aEnds, aLine)
  let j = startOf(bEnds, bLine)
  const iEnd = aEnds[aLine]
  const jEnd = bEnds[bLine]
  for (; i < iEnd && j < jEnd; i++, j++) if (a[i] !== b[j]) return a[i] - b[j]
  return iEnd - i - (jEnd - j)
}
