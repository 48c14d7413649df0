import type { PatternNode, StageNode } from '../definition/definition.ts'
import { patternPlan } from '../patterns/pattern-plan.ts'
import { fieldsUsed } from './field-use.ts'

/**
 * Whether those behind a pattern of heartbeats surely look at no more of one than its time: then nothing else is kept of it.
 * Alerts do whose functions never name the step; whatever hands the whole match on, doesn't.
 */
export function beatsAreTimes(
  node: Pick<PatternNode, 'steps' | 'withinMs'>,
  behind: readonly StageNode[],
): boolean {
  if (Number.isNaN(patternPlan(node).beatMs)) return false
  const names = node.steps.flatMap((step) =>
    step.kind === 'take' ? step.any.map(({ name }) => name) : [step.name],
  )
  return behind.every((stage) => stage.kind === 'alert' && functionsOf(stage).every(namesNone(names)))
}

type Looking = (item: never) => unknown

const functionsOf = ({ when, clear, message }: StageNode & { kind: 'alert' }): Looking[] =>
  [when, clear, message].filter((one) => one !== undefined)

const namesNone =
  (names: readonly string[]) =>
  (one: Looking): boolean =>
    fieldsUsed(one)?.every((field) => !names.includes(field)) ?? false
