/** What a pool does without in degraded mode: how much work that spares, and what it costs those who wait. */
import { type Economy, NO_ECONOMY } from '../../memory/economies.ts'
import type { PoolOptions } from '../scenario/world-options.ts'
import { TRACK_COUNT, trackOf } from '../words.ts'

export class Thrift {
  readonly #spares: PoolOptions['spares']
  readonly #shards: number
  #economy: Economy = NO_ECONOMY
  #paused: readonly string[] = []
  /** Work of a reading, as a share of the usual. */
  #work = 1

  /** Readings that are held back are gathered by shard. */
  constructor(spares: PoolOptions['spares'], shards: number) {
    this.#spares = spares
    this.#shards = shards
  }

  get sliceReadings(): number {
    return this.#economy.sliceReadings
  }

  /** Share of the readings of bulk that are taken. */
  get taken(): number {
    return this.#economy.bulkKeep === 0 ? 1 : 1 / this.#economy.bulkKeep
  }

  economise(economy: Economy): void {
    this.#economy = economy
    this.#reckon()
  }

  /** Readings pass by these pipelines. */
  pause(pipelines: readonly string[]): void {
    this.#paused = pipelines
    this.#reckon()
  }

  /** Work of a reading on average, as a share of the usual, of these amounts by track. */
  workOf(byTrack: Float64Array): number {
    const spared = this.#spares['micro-batches']
    if (this.#economy.batch === null || spared === 0) return this.#work
    let all = 0
    for (let track = 0; track < TRACK_COUNT; track++) all += byTrack[track]
    const held = this.#economy.batch.tiers.reduce((sum, tier) => sum + byTrack[trackOf(tier)], 0)
    return all > 0 ? this.#work * (1 - (spared * held) / all) : this.#work
  }

  /** How long the first of a batch is held back, when so many come per second; the last is not. */
  heldMs(track: number, perSecond: number): number {
    const { batch } = this.#economy
    if (batch === null || !batch.tiers.some((tier) => trackOf(tier) === track)) return 0
    return perSecond > 0 ? Math.min(batch.delayMs, (1000 * batch.readings * this.#shards) / perSecond) : 0
  }

  #reckon(): void {
    const { pipelines, ...spares } = this.#spares
    const { sliceReadings, hasEarlyResults } = this.#economy
    this.#work = this.#paused.reduce((work, name) => work - pipelines[name], 1)
    if (sliceReadings !== NO_ECONOMY.sliceReadings) this.#work *= 1 - spares['longer-slices']
    if (!hasEarlyResults) this.#work *= 1 - spares['no-early-results']
  }
}
