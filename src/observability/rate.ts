/** How fast a counter rises: per second, over the samples of a sliding span. Feed it the counter's value regularly. */
import type { Clock } from '../core/clock.ts'

interface Sample {
  readonly atMs: number
  readonly total: number
}

export class Rate {
  readonly #clock: Clock
  readonly #spanMs: number
  readonly #samples: Sample[] = []

  constructor(clock: Clock, spanMs: number) {
    this.#clock = clock
    this.#spanMs = spanMs
  }

  /** Notes the counter's value now. */
  sample(total: number): void {
    const atMs = this.#clock.nowMs()
    this.#samples.push({ atMs, total })
    // one sample at or before the span's beginning stays, so that the whole span is covered
    while (this.#samples.length > 2 && this.#samples[1].atMs <= atMs - this.#spanMs) this.#samples.shift()
  }

  /** 0 until there are two samples at different times. */
  perSecond(): number {
    if (this.#samples.length < 2) return 0
    const first = this.#samples[0]
    const last = this.#samples[this.#samples.length - 1]
    const elapsedMs = last.atMs - first.atMs
    return elapsedMs > 0 ? ((last.total - first.total) * 1000) / elapsedMs : 0
  }
}
