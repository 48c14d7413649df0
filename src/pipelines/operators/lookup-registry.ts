import type { LookupNode } from '../definition/definition.ts'
import type { DeviceRow, Lookup } from '../definition/outside.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'
import { withField } from './item-fields.ts'

/** Puts the registry's row of the item's device into a field; items about no device in particular have none. */
export class LookupRegistry implements Operator {
  readonly #as: string
  readonly #isInner: boolean
  readonly #registry: Pick<Lookup, 'device'>

  constructor({ as, mode }: Pick<LookupNode, 'as' | 'mode'>, registry: Pick<Lookup, 'device'>) {
    this.#as = as
    this.#isInner = mode === 'inner'
    this.#registry = registry
  }

  push({ item, origin }: Envelope, _scope: ShardScope, out: Emit): void {
    const row = this.#rowOf(origin.device)
    if (row === undefined && this.#isInner) return
    out({ item: withField(item, this.#as, row), origin })
  }

  #rowOf(device: number): DeviceRow | undefined {
    return device === 0 ? undefined : this.#registry.device(device)
  }
}
