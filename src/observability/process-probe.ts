/**
 * What the process costs: memory, processor time, and how late its main thread's event loop runs its timers. The lag is
 * that since the previous reading of it.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock } from '../core/clock.ts'

export interface ProcessFigures {
  readonly residentBytes: number
  readonly heapBytes: number
  /** All threads, user and system. */
  readonly cpuSeconds: number
  readonly startSeconds: number
  readonly lagSeconds: { readonly mean: number; readonly p99: number; readonly max: number }
}

const RESOLUTION_MS = 10

export class ProcessProbe {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  readonly #startSeconds: number

  constructor(clock: Clock) {
    this.#startSeconds = clock.epochMs() / 1000 - process.uptime()
    this.#delay.enable()
  }

  read(): ProcessFigures {
    const { user, system } = process.cpuUsage()
    const memory = process.memoryUsage()
    const lagSeconds = this.#lag()
    this.#delay.reset()
    return {
      residentBytes: memory.rss,
      heapBytes: memory.heapUsed,
      cpuSeconds: (user + system) / 1e6,
      startSeconds: this.#startSeconds,
      lagSeconds,
    }
  }

  close(): void {
    this.#delay.disable()
  }

  #lag(): ProcessFigures['lagSeconds'] {
    if (this.#delay.count === 0) return { mean: 0, p99: 0, max: 0 }
    const { mean, max } = this.#delay
    return { mean: lagOf(mean), p99: lagOf(this.#delay.percentile(99)), max: lagOf(max) }
  }
}

/** The histogram has the time between two ticks in nanoseconds, of which the interval itself is no lag. */
const lagOf = (betweenNs: number): number => Math.max(0, betweenNs / 1e9 - RESOLUTION_MS / 1000)
