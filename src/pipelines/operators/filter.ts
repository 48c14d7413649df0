import { fieldsUsed } from '../compiler/field-use.ts'
import type { FilterNode } from '../definition/definition.ts'
import type { Predicate } from '../definition/functions.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'

/** Lets an item pass when the test says so. */
export class Filter implements Operator {
  readonly #test: Predicate
  /** Fields that the test reads; undefined = nobody knows. */
  readonly #fields: readonly string[] | undefined
  /** Whether an item that lacks these is enough for the test. */
  #lacks: readonly string[] | undefined
  #isEnough = false

  constructor({ test }: Pick<FilterNode, 'test'>) {
    this.#test = test
    this.#fields = fieldsUsed(test)
  }

  push(envelope: Envelope, _scope: ShardScope, out: Emit): void {
    if (this.#test(this.#shown(envelope) as never)) out(envelope)
  }

  #shown(envelope: Envelope): unknown {
    const { lacks } = envelope
    if (lacks === undefined || this.#fields === undefined) return envelope.item
    if (lacks !== this.#lacks) {
      this.#lacks = lacks
      this.#isEnough = !this.#fields.some((field) => lacks.includes(field))
    }
    return this.#isEnough ? envelope.brief : envelope.item
  }
}
