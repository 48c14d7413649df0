import { observeCursor, publishCursor } from './atomics.ts'
import { SLICE_READINGS } from './layout/lanes.layout.ts'
import * as M from './layout/map.layout.ts'
import type { SharedMemory } from './shared-memory.ts'

/** What is done without. */
export interface Economy {
  /** Entries of a slice. */
  readonly sliceReadings: number
  /** Pipelines are shown readings of these tiers (0 = critical) in batches; null = as they come. */
  readonly batch: {
    readonly readings: number
    readonly delayMs: number
    readonly tiers: readonly number[]
  } | null
  readonly hasEarlyResults: boolean
  /** One of so many readings of bulk is taken; 0 = all. */
  readonly bulkKeep: number
}

export const NO_ECONOMY: Economy = {
  ...{ sliceReadings: SLICE_READINGS, batch: null, hasEarlyResults: true, bulkKeep: 0 },
}

/**
 * What the engine does without while there isn't enough: words of the memory map, written by the main thread and looked at by
 * whom they concern, each on its own: for a moment one may hold and another not yet.
 */
export class Economies {
  readonly #i32: Int32Array
  readonly #map: number

  constructor({ i32 }: Pick<SharedMemory, 'i32'>, map: number) {
    this.#i32 = i32
    this.#map = map
  }

  write({ sliceReadings, batch, hasEarlyResults, bulkKeep }: Economy): void {
    this.#put(M.MAP_SLICE_READINGS, sliceReadings === SLICE_READINGS ? 0 : sliceReadings)
    if (batch !== null) {
      this.#put(
        M.MAP_BATCH_TIERS,
        batch.tiers.reduce((bits, tier) => bits | (1 << tier), 0),
      )
      this.#put(M.MAP_BATCH_DELAY_MS, batch.delayMs)
    }
    this.#put(M.MAP_BATCH_READINGS, batch?.readings ?? 0)
    this.#put(M.MAP_EARLY_OFF, hasEarlyResults ? 0 : 1)
    this.#put(M.MAP_BULK_KEEP, bulkKeep)
  }

  get sliceReadings(): number {
    return this.#get(M.MAP_SLICE_READINGS) || SLICE_READINGS
  }

  /** 0 = readings aren't held back. */
  get batchReadings(): number {
    return this.#get(M.MAP_BATCH_READINGS)
  }

  get batchDelayMs(): number {
    return this.#get(M.MAP_BATCH_DELAY_MS)
  }

  /** While `batchReadings` is more than 0. */
  isBatched(tier: number): boolean {
    return ((this.#get(M.MAP_BATCH_TIERS) >>> tier) & 1) !== 0
  }

  get areEarlyResultsOff(): boolean {
    return this.#get(M.MAP_EARLY_OFF) !== 0
  }

  #get(word: number): number {
    return observeCursor(this.#i32, this.#map + word)
  }

  #put(word: number, value: number): void {
    publishCursor(this.#i32, this.#map + word, value)
  }
}
