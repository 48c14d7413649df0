import type { DeriveNode } from '../definition/definition.ts'
import type { Compute } from '../definition/functions.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'
import { withField } from './item-fields.ts'

/** Adds a computed field; the item itself stays as it was, others may have it too. */
export class Derive implements Operator {
  readonly #field: string
  readonly #compute: Compute

  constructor({ field, compute }: Pick<DeriveNode, 'field' | 'compute'>) {
    this.#field = field
    this.#compute = compute
  }

  push({ item, origin }: Envelope, _scope: ShardScope, out: Emit): void {
    out({ item: withField(item, this.#field, this.#compute(item as never)), origin })
  }
}
