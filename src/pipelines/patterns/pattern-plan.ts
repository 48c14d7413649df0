/**
 * A pattern's steps as numbers. A partial match stands at a step of which it has taken some items; where it can go from there
 * is a list of steps in the order in which they are asked. The furthest comes first, so that a match ends as early as it can;
 * a greedy step comes before those behind it. The step itself is in the list when it may take more.
 */
import type { PatternNode } from '../definition/definition.ts'
import type { NotStep, PatternCondition, PatternStep, TakeStep } from '../definition/pattern-spec.ts'

export interface PlannedCondition {
  readonly name: string
  readonly bit: number
  readonly given: PatternCondition['given']
}

export interface PlannedStep {
  /** Number of its first condition among all that take. */
  readonly begin: number
  readonly any: readonly PlannedCondition[]
  readonly mask: number
  readonly least: number
  readonly most: number
  readonly isStrict: boolean
  readonly isAny: boolean
  readonly isConsecutive: boolean
  readonly isList: boolean
  /** What must not come between this step and the next. */
  readonly not: PlannedNot | undefined
  /** Steps that may come now, with at least `least` and not yet `most` items; with `most` items. */
  readonly eager: readonly number[]
  readonly full: readonly number[]
  /** All behind it may be left out. */
  readonly isLast: boolean
  /** Being last it waits for more: of itself, or of a step behind it. */
  readonly waitsEager: boolean
  readonly waitsFull: boolean
}

export interface PlannedNot extends PlannedCondition {
  readonly isNext: boolean
}

export interface PatternPlan {
  readonly steps: readonly PlannedStep[]
  /** Functions by bit. */
  readonly tests: readonly PatternCondition['test'][]
  /** Items for which no test holds are wanted too: they part what must be adjacent. */
  readonly wantsAll: boolean
  /** A complete match waits for its time: nothing must come that the last step forbids. */
  readonly isAbsence: boolean
  /** How long from the last item; NaN = until the match's time is up. */
  readonly forMs: number
  readonly withinMs: number
  /**
   * The pattern is of one item after which such items must not come for so long: heartbeats. NaN = it is another.
   */
  readonly beatMs: number
  /** How long a partial match waits at most. */
  readonly longestMs: number
}

export function patternPlan({
  steps,
  withinMs = Infinity,
}: Pick<PatternNode, 'steps' | 'withinMs'>): PatternPlan {
  const tests: PatternCondition['test'][] = []
  const bitOf = (test: PatternCondition['test']): number =>
    tests.includes(test) ? tests.indexOf(test) : tests.push(test) - 1
  const condition = ({ name, test, given }: PatternCondition): PlannedCondition => ({
    ...{ name, bit: 1 << bitOf(test), given },
  })
  const takes = steps.flatMap((step, at) => (step.kind === 'take' ? [{ step, behind: steps[at + 1] }] : []))
  const planned = takes.map(({ step, behind }, at) => {
    const any = step.any.map(condition)
    const not = behind?.kind === 'not' ? plannedNot(behind, condition) : undefined
    const begin = takes.slice(0, at).reduce((sum, take) => sum + take.step.any.length, 0)
    return {
      begin,
      ...placeOf(
        takes.map((take) => take.step),
        at,
      ),
      ...limitsOf(step),
      any,
      not,
      mask: maskOf(any),
    }
  })
  const end = steps.at(-1)
  const forMs = end?.kind === 'not' ? (end.forMs ?? NaN) : NaN
  return {
    beatMs: areBeats(steps) ? (Number.isNaN(forMs) ? withinMs : forMs) : NaN,
    ...{ steps: planned, tests, withinMs, forMs, isAbsence: end?.kind === 'not' },
    wantsAll: steps.some((step) => step.after === 'next' || (step.kind === 'take' && step.isConsecutive)),
    longestMs: Math.max(withinMs === Infinity ? 0 : withinMs, Number.isNaN(forMs) ? 0 : forMs),
  }
}

function areBeats(steps: readonly PatternStep[]): boolean {
  const [take, not, ...others] = steps
  if (take.kind !== 'take' || not?.kind !== 'not' || others.length > 0) return false
  const isPlain = take.any.length === 1 && take.any[0].given === undefined && not.given === undefined
  return isPlain && take.most === 1 && take.any[0].test === not.test
}

const maskOf = (conditions: readonly PlannedCondition[]): number =>
  conditions.reduce((mask, { bit }) => mask | bit, 0)

const plannedNot = (
  step: NotStep,
  condition: (condition: PatternCondition) => PlannedCondition,
): PlannedNot => ({ ...condition(step), isNext: step.after === 'next' })

const limitsOf = ({ least, most, after, isConsecutive, isList }: TakeStep) => ({
  ...{ least, most, isConsecutive, isList, isStrict: after === 'next', isAny: after === 'followed-by-any' },
})

function placeOf(takes: readonly TakeStep[], at: number) {
  const reachable = reachableFrom(takes, at)
  const isLast = takes.slice(at + 1).every(({ isOptional }) => isOptional)
  const waitsFull = takes.slice(at + 1).some(({ isGreedy }) => isGreedy)
  return {
    ...{ isLast, waitsFull, waitsEager: waitsFull || takes[at].isGreedy },
    eager: inOrder([at, ...reachable], takes),
    full: inOrder(reachable, takes),
  }
}

/** Those behind it up to the first that can't be left out. */
function reachableFrom(takes: readonly TakeStep[], at: number): number[] {
  const reachable: number[] = []
  for (let step = at + 1; step < takes.length; step++) {
    reachable.push(step)
    if (!takes[step].isOptional) break
  }
  return reachable
}

function inOrder([first, ...rest]: readonly number[], takes: readonly TakeStep[]): readonly number[] {
  if (first === undefined) return []
  const behind = inOrder(rest, takes)
  return takes[first].isGreedy ? [first, ...behind] : [...behind, first]
}
