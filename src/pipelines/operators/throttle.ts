/**
 * At most `count` items of a key in each interval of event time; intervals begin at multiples of their length, so that the
 * answer doesn't depend on which item came first. An item that is older than the watermark counts in the interval of the
 * watermark: those before it are forgotten. A key that there is no room for is not held back.
 */
import type { ThrottleNode } from '../definition/definition.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'
import { IntervalCounts } from './interval-counts.ts'
import { PerShard } from './per-shard.ts'
import type { KeyOf } from './state-key.ts'

export class Throttle implements Operator {
  readonly #count: number
  readonly #everyMs: number
  readonly #keyOf: KeyOf
  readonly #counts: PerShard<IntervalCounts>

  constructor({ count, everyMs }: Pick<ThrottleNode, 'count' | 'everyMs'>, keyOf: KeyOf, stage: number) {
    this.#count = count
    this.#everyMs = everyMs
    this.#keyOf = keyOf
    this.#counts = new PerShard((state) => new IntervalCounts(state, stage))
  }

  push(envelope: Envelope, { state, watermark }: ShardScope, out: Emit): void {
    const key = this.#keyOf(envelope)
    const start = this.#startOf(Math.max(envelope.origin.time, watermark))
    if (this.#counts.of(state).take(key, start, this.#count, this.#startOf(watermark))) out(envelope)
  }

  advance({ state, watermark }: ShardScope): void {
    this.#counts.of(state).expire(this.#startOf(watermark))
  }

  #startOf(time: number): number {
    return Math.floor(time / this.#everyMs) * this.#everyMs
  }
}
