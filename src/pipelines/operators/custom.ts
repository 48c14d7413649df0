/**
 * The author's own stage: a function of an item and the state of its key. The state is kept as text in the shard, taken
 * apart anew for each item: whatever the function did with the object, also letting it out as an item, what is kept is what
 * it was when the function returned; when it throws, what it was before. Items are made before the state is kept and
 * leave afterwards.
 */
import { MillraceError } from '../../core/errors.ts'
import type { CustomNode } from '../definition/definition.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'
import { emitAll } from './several-items.ts'
import { PerShard } from './per-shard.ts'
import { plainOfText, textOfPlain } from './plain-text.ts'
import type { KeyOf } from './state-key.ts'
import { TextRows } from './text-rows.ts'

export class Custom implements Operator {
  readonly #node: Pick<CustomNode, 'initial' | 'step'>
  readonly #keyOf: KeyOf
  readonly #rows: PerShard<TextRows>

  constructor(node: Pick<CustomNode, 'initial' | 'step'>, keyOf: KeyOf, stage: number) {
    this.#node = node
    this.#keyOf = keyOf
    this.#rows = new PerShard((state) => new TextRows(state, stage))
  }

  /** Throws what the function throws, and MillraceError `limit-reached` when there is no room for the state. */
  push(envelope: Envelope, scope: ShardScope, out: Emit): void {
    const { item, origin } = envelope
    const key = this.#keyOf(envelope)
    const rows = this.#rows.of(scope.state)
    const before = rows.read(key)
    const state = before === undefined ? this.#node.initial() : plainOfText(before)
    const items = [...this.#node.step(item as never, state as never)]
    const after = textOfPlain(state, 'state')
    if (after !== before && !rows.write(key, after)) throw noRoom()
    emitAll(items, origin, out)
  }

  /** Nothing waits for time here; but keys can only give way to others' once their table has been opened. */
  advance({ state }: ShardScope): void {
    this.#rows.of(state)
  }
}

const noRoom = (): MillraceError =>
  new MillraceError('limit-reached', "there is no room for the key's state in the pipeline's memory")
