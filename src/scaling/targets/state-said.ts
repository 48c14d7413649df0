import type { TargetState } from '../../core/scaling.ts'
import { isCount, jsonObject } from './http/answers.ts'

/** What a receiver or a program says of its state as JSON; what is no count is not said. */
export function stateSaid(text: string): Partial<TargetState> {
  const { ready, desired } = jsonObject(text) ?? {}
  return { ...(isCount(ready) ? { ready } : {}), ...(isCount(desired) ? { desired } : {}) }
}
