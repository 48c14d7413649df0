import type { ResultLine } from './messages.ts'

/**
 * Puts lines in the order of their time, within one time of their key and within one key of their text, however many threads they came from. What is later
 * than the floor waits: there may still be something before it.
 */
export class ResultOrder {
  #waiting: ResultLine[] = []
  #floor = -Infinity

  get waiting(): number {
    return this.#waiting.length
  }

  add(lines: readonly ResultLine[]): void {
    for (const line of lines) this.#waiting.push(line)
  }

  /** Everything up to and with `floor`. Lines that came after their time are in the next release. */
  release(floor: number): string[] {
    this.#floor = Math.max(this.#floor, floor)
    const due: ResultLine[] = []
    const later: ResultLine[] = []
    for (const line of this.#waiting) (line.time <= this.#floor ? due : later).push(line)
    this.#waiting = later
    return due.sort(byTimeAndKey).map(({ text }) => text)
  }
}

const byTimeAndKey = (a: ResultLine, b: ResultLine): number =>
  a.time - b.time || ordered(a.key, b.key) || ordered(a.text, b.text)

const ordered = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
