import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'
import type { InputOperators } from './inputs.ts'

/**
 * Several streams as one. The same reading may come by more than one of them; so that receivers, who drop what they have
 * had by its id, don't take these for repetitions, all but the first stream's have it in their id.
 */
export class Merge implements InputOperators {
  readonly inputs: readonly Operator[]

  constructor(inputs: number) {
    this.inputs = Array.from({ length: inputs }, (_, index) => new MergeInput(index))
  }
}

class MergeInput implements Operator {
  readonly #index: number

  constructor(index: number) {
    this.#index = index
  }

  push(envelope: Envelope, _scope: ShardScope, out: Emit): void {
    if (this.#index === 0) return out(envelope)
    const { item, origin } = envelope
    out({ item, origin: { ...origin, id: `${origin.id}|${this.#index}` } })
  }
}
