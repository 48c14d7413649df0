/**
 * Pairs of a left and a right item with the same key whose times are near: right − left within [afterMs, untilMs]. An item
 * is kept as long as one that is not late can still meet it, and forgotten when the watermark says that none can; late ones
 * meet what is still kept. Whichever side comes second makes the pair. An item that there is no room for meets what is
 * there and is not kept.
 */
import type { IntervalJoinNode } from '../definition/definition.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'
import type { InputOperators } from './inputs.ts'
import { JoinRows, type Side } from './join-rows.ts'
import { joinedOrigin } from './joined-origin.ts'
import { PerShard } from './per-shard.ts'
import type { KeyOf } from './state-key.ts'

export class IntervalJoin implements InputOperators {
  /** Left, right. */
  readonly inputs: readonly Operator[]
  readonly #rows: PerShard<JoinRows>

  /** Takes the table of the stage with this number, as all stages with state do. */
  constructor(
    { afterMs, untilMs, join }: Pick<IntervalJoinNode, 'afterMs' | 'untilMs' | 'join'>,
    keyOf: { readonly left: KeyOf; readonly right: KeyOf },
    stage: number,
  ) {
    this.#rows = new PerShard((state) => new JoinRows(state, stage))
    const left: Side = { name: 'left', fromMs: afterMs, untilMs }
    // seen from a right item the left ones lie the other way
    const right: Side = { name: 'right', fromMs: -untilMs, untilMs: -afterMs }
    const pair: MakePair = (l, r) => ({
      item: join(l.item as never, r.item as never),
      origin: joinedOrigin(l.origin, r.origin),
    })
    this.inputs = [
      new JoinInput(left, keyOf.left, pair, this.#rows),
      new JoinInput(right, keyOf.right, (own, other) => pair(other, own), this.#rows),
    ]
  }

  advance({ state, watermark }: ShardScope): void {
    this.#rows.of(state).expire(watermark)
  }
}

type MakePair = (own: Envelope, other: Envelope) => Envelope

class JoinInput implements Operator {
  readonly #side: Side
  readonly #keyOf: KeyOf
  readonly #pair: MakePair
  readonly #rows: PerShard<JoinRows>

  constructor(side: Side, keyOf: KeyOf, pair: MakePair, rows: PerShard<JoinRows>) {
    this.#side = side
    this.#keyOf = keyOf
    this.#pair = pair
    this.#rows = rows
  }

  /** All pairs are made before the item is kept and the first pair goes on, so that a throw changes nothing. */
  push(envelope: Envelope, { state, watermark }: ShardScope, out: Emit): void {
    const key = this.#keyOf(envelope)
    const rows = this.#rows.of(state)
    const met = rows.meeting(key, this.#side, envelope.origin.time, watermark)
    const pairs = met.map((other) => this.#pair(envelope, other))
    rows.keep(key, this.#side, envelope, watermark)
    for (const pair of pairs) out(pair)
  }
}
