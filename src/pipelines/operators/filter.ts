import type { FilterNode } from '../definition/definition.ts'
import type { Predicate } from '../definition/functions.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'

/** Lets an item pass when the test says so. */
export class Filter implements Operator {
  readonly #test: Predicate

  constructor({ test }: Pick<FilterNode, 'test'>) {
    this.#test = test
  }

  push(envelope: Envelope, _scope: ShardScope, out: Emit): void {
    if (this.#test(envelope.item as never)) out(envelope)
  }
}
