/**
 * Lets an item pass unless one with its key has passed within so much event time of it, before or after. What passed longer
 * than that before the watermark is forgotten: it says nothing about items that are not late, and a late one is rather let
 * through twice than lost. A key that there is no room for passes unnoted.
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
    if (this.#passed.of(state).note(key, envelope.origin.time, watermark)) out(envelope)
  }

  advance({ state, watermark }: ShardScope): void {
    this.#passed.of(state).expire(watermark)
  }
}
