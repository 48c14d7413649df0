/**
 * Lets an item pass unless one with its key has passed within so much event time of it, before or after. An item that is
 * older than the watermark counts as of the watermark, so that what the watermark has left behind can be forgotten without
 * changing any answer. A key that there is no room for passes unnoted.
 */
import type { DeduplicateNode } from '../definition/definition.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'
import { PassedTimes } from './passed-times.ts'
import { PerShard } from './per-shard.ts'
import type { KeyOf } from './state-key.ts'

export class Deduplicate implements Operator {
  readonly #keyOf: KeyOf
  readonly #passed: PerShard<PassedTimes>

  constructor({ withinMs }: Pick<DeduplicateNode, 'withinMs'>, keyOf: KeyOf, stage: number) {
    this.#keyOf = keyOf
    this.#passed = new PerShard((state) => new PassedTimes(state, stage, withinMs))
  }

  push(envelope: Envelope, { state, watermark }: ShardScope, out: Emit): void {
    const key = this.#keyOf(envelope)
    const time = Math.max(envelope.origin.time, watermark)
    if (this.#passed.of(state).note(key, time, watermark)) out(envelope)
  }

  advance({ state, watermark }: ShardScope): void {
    this.#passed.of(state).expire(watermark)
  }
}
