import type { FlatMapNode } from '../definition/definition.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'
import { emitAll } from './several-items.ts'

/** Any number of items in place of each; all are made before the first goes on, so that a throw costs all of them. */
export class FlatMap implements Operator {
  readonly #compute: FlatMapNode['compute']

  constructor({ compute }: Pick<FlatMapNode, 'compute'>) {
    this.#compute = compute
  }

  push({ item, origin }: Envelope, _scope: ShardScope, out: Emit): void {
    emitAll([...this.#compute(item as never)], origin, out)
  }
}
