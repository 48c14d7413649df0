/**
 * Measures the real engine in this process for some seconds: what one worker does per second, how long another worker
 * takes to be there, and what a reading takes when little is going on.
 */
import { availableParallelism, cpus } from 'node:os'
import type { Clock } from '../../core/clock.ts'
import { assert } from '../../core/errors.ts'
import { deviceIdOf } from '../../core/ids.ts'
import { createEngine } from '../../engine/create-engine.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Calibration } from './calibration.ts'

const DEVICES = 10_000
const PER_FRAME = 1000
const METRIC = 1
const WARM_MS = 500
const MEASURE_MS = 2000
const CHANGES = 10
const BETWEEN_CHANGES_MS = 100
const CALM_FRAMES = 200

export async function calibrate(clock: Clock, measureMs = MEASURE_MS): Promise<Calibration> {
  const engine = await createEngine({
    limits: { series: 2 * DEVICES, devices: 2 * DEVICES },
    pool: { min: 1, max: Math.max(2, availableParallelism()), size: 1 },
  })
  try {
    const feed = new Feed(engine, clock)
    await feed.during(WARM_MS)
    const latencyMs = await feed.calmLatencyMs(CALM_FRAMES)
    const workerReadingsPerSecond = await feed.rate(measureMs)
    const { malformed } = engine.stats().account
    assert(malformed === 0, 'readings of a calibration are sound')
    const starts = await startsOf(engine, clock)
    return {
      machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}`,
      ...{ workerReadingsPerSecond: Math.round(workerReadingsPerSecond), latencyMs },
      workerStartMs: { median: round(quantile(starts, 0.5)), p99: round(quantile(starts, 0.99)) },
    }
  } finally {
    await engine.close()
  }
}

/** Frames of readings of many devices. */
class Feed {
  readonly #engine: Engine
  readonly #clock: Clock
  readonly #ids = Array.from({ length: DEVICES }, (_, device) => deviceIdOf(`device-${device}`))
  #next = 0

  constructor(engine: Engine, clock: Clock) {
    this.#engine = engine
    this.#clock = clock
  }

  /** As fast as the ring takes them. */
  async during(ms: number): Promise<void> {
    const endMs = this.#clock.nowMs() + ms
    while (this.#clock.nowMs() < endMs) if (!this.#send()) await pause(this.#clock, 1)
    while (this.#engine.stats().account.inFlight > 0) await pause(this.#clock, 1)
  }

  async rate(ms: number): Promise<number> {
    const before = this.#engine.stats().account.processed
    const startMs = this.#clock.nowMs()
    await this.during(ms)
    return (1000 * (this.#engine.stats().account.processed - before)) / (this.#clock.nowMs() - startMs)
  }

  /** From one frame's commit to its last reading done, one frame after the other. */
  async calmLatencyMs(frames: number): Promise<number> {
    const took: number[] = []
    for (let frame = 0; frame < frames; frame++) {
      const startMs = this.#clock.nowMs()
      this.#send()
      while (this.#engine.stats().account.inFlight > 0) await immediately()
      took.push(this.#clock.nowMs() - startMs)
    }
    return round(quantile(took, 0.5))
  }

  #send(): boolean {
    const room = this.#engine.writer().claim(PER_FRAME)
    if (room === undefined) return false
    for (let i = 0; i < PER_FRAME; i++) {
      const device = this.#next++ % DEVICES
      room.set(i, this.#ids[device], METRIC, 20 + (this.#next % 7), undefined, 0, device % 180)
    }
    room.commit()
    return true
  }
}

async function startsOf(engine: Engine, clock: Clock): Promise<number[]> {
  const took: number[] = []
  for (let change = 0; change < CHANGES; change++) {
    const startMs = clock.nowMs()
    await engine.setPoolSize(2)
    took.push(clock.nowMs() - startMs)
    await engine.setPoolSize(1)
    await pause(clock, BETWEEN_CHANGES_MS)
  }
  return took
}

const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => void clock.after(ms, resolve))
const immediately = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const round = (ms: number): number => Math.round(ms * 100) / 100

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}
