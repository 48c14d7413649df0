import type { Emit, Operator, ShardScope } from '../runtime/operator.ts'

/** A stage with several nodes before it: what the i-th of them gives is pushed into `inputs[i]`. */
export interface InputOperators {
  readonly inputs: readonly Operator[]
  /** The watermark has moved; called once for all inputs. */
  advance?(scope: ShardScope, out: Emit): boolean | void
}
