import type { SampleNode } from '../definition/definition.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'
import { hashText } from './hash-text.ts'

/** A share of the items: those whose id has a hash below it, so the same ones live, over history and in a second try. */
export class Sample implements Operator {
  readonly #below: number

  constructor({ share }: Pick<SampleNode, 'share'>) {
    this.#below = share * 2 ** 32
  }

  push(envelope: Envelope, _scope: ShardScope, out: Emit): void {
    if (hashText(envelope.origin.id) < this.#below) out(envelope)
  }
}
