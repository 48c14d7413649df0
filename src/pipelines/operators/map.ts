import type { MapNode } from '../definition/definition.ts'
import type { Compute } from '../definition/functions.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'

/** Another item in place of each. */
export class MapItems implements Operator {
  readonly #compute: Compute

  constructor({ compute }: Pick<MapNode, 'compute'>) {
    this.#compute = compute
  }

  push({ item, origin }: Envelope, _scope: ShardScope, out: Emit): void {
    out({ item: this.#compute(item as never), origin })
  }
}
