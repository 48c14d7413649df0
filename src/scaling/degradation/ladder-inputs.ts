import type { ScalingDecision } from '../../core/scaling.ts'
import { refusedOf, waitMsOf } from '../policy/need.ts'
import type { LadderInputs } from './ladder.ts'

/** What the ladder looks at, of what was decided for the pool whose work it is about. */
export function ladderInputsOf({ at, inputs, to, wanted }: ScalingDecision): LadderInputs {
  return {
    at,
    isAtCeiling: to < wanted && inputs.ready >= to,
    waitMs: waitMsOf(inputs),
    refused: refusedOf(inputs),
    utilisation: inputs.utilisation,
  }
}
