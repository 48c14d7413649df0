/** Random patterns over items whose value is one of a few letters, and what they have been seen to do. */
import type { Random } from '../../../src/core/random.ts'
import type { PatternNode } from '../../../src/pipelines/definition/definition.ts'
import type { PatternCondition, PatternStep } from '../../../src/pipelines/definition/pattern-spec.ts'

export const LETTERS = 4

export type RandomPattern = Pick<PatternNode, 'steps' | 'withinMs' | 'skip'>

interface Valued {
  readonly value: number
}

/** Each more than the one before it in its own step, or not the same as the first item of the match. */
const GIVENS: readonly PatternCondition['given'][] = [
  (item: Valued, soFar: { s0?: Valued | readonly Valued[] }) => {
    const all: readonly Valued[] = soFar.s0 === undefined ? [] : [soFar.s0].flat()
    const [first] = all as readonly (Valued | undefined)[]
    return first === undefined || first.value !== item.value
  },
  (item: Valued, soFar: Record<string, readonly Valued[]>) =>
    Object.values(soFar)
      .flat()
      .every(({ value }) => value <= item.value),
]

export function randomPattern(random: Random): RandomPattern {
  const upTo = (most: number): number => Math.floor(random() * (most + 1))
  const isNow = (share: number): boolean => random() < share
  const pick = <T>(of: readonly T[]): T => of[upTo(of.length - 1)]
  const condition = (name: string): PatternCondition => {
    const letter = upTo(LETTERS - 1)
    const test = isNow(0.7) ? (r: Valued) => r.value === letter : (r: Valued) => r.value >= letter
    return { name, test: test, given: isNow(0.2) ? pick(GIVENS) : undefined }
  }
  const take = (name: string, isFirst: boolean): PatternStep => {
    const least = isNow(0.6) ? 1 : 1 + upTo(2)
    const isSingle = isNow(0.5)
    return {
      ...{ kind: 'take', any: isNow(0.15) ? either(name) : [condition(name)] },
      after: isFirst ? 'followed-by' : pick(['next', 'followed-by', 'followed-by', 'followed-by-any']),
      ...{ least: isSingle ? 1 : least, most: isSingle ? 1 : isNow(0.3) ? 1000 : least + upTo(2) },
      ...{ isOptional: !isFirst && isNow(0.25), isGreedy: isNow(0.25), isConsecutive: isNow(0.2) },
      isList: !isSingle,
    }
  }
  const either = (name: string): readonly PatternCondition[] =>
    [name, `${name}b`].map((one) => ({ ...condition(one), given: undefined }))
  const steps: PatternStep[] = []
  for (let at = 0, count = 1 + upTo(3); at < count; at++) {
    steps.push(take(`s${at}`, at === 0))
    if (!isNow(0.25)) continue
    const forMs = at === count - 1 && isNow(0.5) ? 50 + upTo(200) : undefined
    const { name, test, given } = condition(`n${at}`)
    steps.push({ kind: 'not', after: pick(['next', 'followed-by']), name, test, given, forMs })
  }
  const to = pick(['no-skip', 'to-next', 'past-last', 'first', 'last'] as const)
  const skip = to === 'first' || to === 'last' ? { to, step: `s${upTo(1)}` } : { to }
  return { steps, withinMs: 20 + upTo(300), skip }
}

/** What is special about a pattern, for who wants to have met all of it. */
export const kindsOf = ({ steps, skip }: RandomPattern): readonly string[] => [
  skip.to,
  ...steps.flatMap((step, at) => {
    const isEnd = at === steps.length - 1
    if (step.kind === 'not')
      return [
        `not ${step.after}`,
        ...(isEnd ? [step.forMs === undefined ? 'absence within' : 'absence for'] : []),
      ]
    const kinds = at === 0 ? [] : [step.after]
    if (step.any.length > 1) kinds.push('any of' as never)
    if (step.any.some(({ given }) => given !== undefined)) kinds.push('given' as never)
    if (step.isOptional) kinds.push('optional' as never)
    if (step.isConsecutive && step.most > 1) kinds.push('consecutive' as never)
    if (step.isGreedy) kinds.push((isEnd ? 'greedy at the end' : 'greedy') as never)
    if (step.least > 1 && step.least === step.most) kinds.push('times n' as never)
    if (step.least < step.most) kinds.push((step.most === 1000 ? 'or more' : 'times n to m') as never)
    return kinds
  }),
]

export const KINDS: readonly string[] = [
  ...['no-skip', 'to-next', 'past-last', 'first', 'last', 'next', 'followed-by', 'followed-by-any'],
  ...['not next', 'not followed-by', 'absence within', 'absence for', 'any of', 'given', 'optional'],
  ...['consecutive', 'greedy', 'greedy at the end', 'times n', 'times n to m', 'or more'],
]
