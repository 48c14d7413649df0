import { SHARDS } from '../../core/limits.ts'
import { addToCounter, observeCounter } from '../../memory/atomics.ts'
import { HeldReadings } from './held-readings.ts'
import * as V from './velocity.layout.ts'

export interface VelocityFigures {
  /** Devices that are fast now. */
  readonly fast: number
  readonly toFast: number
  readonly toSlow: number
  /** Blocks of readings that were held, and the readings in them. */
  readonly batches: number
  readonly batched: number
}

/** A pipeline's memory of fast devices and what is held of them. */
export class VelocityMemory {
  readonly buffer: SharedArrayBuffer
  readonly #counters: BigInt64Array
  readonly #held: (HeldReadings | undefined)[] = []

  static reserve(): VelocityMemory {
    return new VelocityMemory(new SharedArrayBuffer(V.HEAD_BYTES + SHARDS * V.SHARD_BYTES))
  }

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.#counters = new BigInt64Array(buffer, 0, V.HEAD_BYTES / 8)
  }

  offsetOf(shard: number): number {
    return V.HEAD_BYTES + shard * V.SHARD_BYTES
  }

  held(shard: number): HeldReadings {
    return (this.#held[shard] ??= new HeldReadings(this.buffer, this.offsetOf(shard)))
  }

  moved(to: 'fast' | 'slow'): void {
    addToCounter(this.#counters, to === 'fast' ? V.MOVES_TO_FAST : V.MOVES_TO_SLOW, 1)
  }

  shown(readings: number): void {
    addToCounter(this.#counters, V.BATCHES, 1)
    addToCounter(this.#counters, V.BATCHED, readings)
  }

  figures(): VelocityFigures {
    const [toFast, toSlow, batches, batched] = [0, 1, 2, 3].map((i) => observeCounter(this.#counters, i))
    return { fast: Math.max(0, toFast - toSlow), toFast, toSlow, batches, batched }
  }
}
