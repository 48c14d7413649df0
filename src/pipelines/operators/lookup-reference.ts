import type { LookupNode, ReferenceTable } from '../definition/definition.ts'
import type { Compute } from '../definition/functions.ts'
import type { ReferenceRows } from '../reference/reference-rows.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'
import { withField } from './item-fields.ts'

/** Puts the row of a reference table whose column has the item's key into a field. */
export class LookupReference implements Operator {
  readonly #as: string
  readonly #isInner: boolean
  readonly #key: Compute
  readonly #rows: ReferenceRows

  constructor(
    { as, mode }: Pick<LookupNode, 'as' | 'mode'>,
    { key }: Pick<ReferenceTable, 'key'>,
    rows: ReferenceRows,
  ) {
    this.#as = as
    this.#isInner = mode === 'inner'
    this.#key = key
    this.#rows = rows
  }

  push({ item, origin }: Envelope, _scope: ShardScope, out: Emit): void {
    const row = this.#rows.row(this.#key(item as never))
    if (row === undefined && this.#isInner) return
    out({ item: withField(item, this.#as, row), origin })
  }
}
