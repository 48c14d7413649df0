import type { PatternNode } from '../definition/definition.ts'
import type { NotStep, PatternStep, TakeStep } from '../definition/pattern-spec.ts'
import {
  fields,
  func,
  isObject,
  longDuration,
  oneOf,
  optional,
  type Rule,
  rule,
  text,
  whole,
} from './check-values.ts'
import { type Fault, shown } from './fault.ts'

/** Names that a match has besides its steps. */
export const MATCH_FIELDS = ['start', 'end']
/** Items of one step in a match. */
export const MOST_TIMES = 1000
const MOST_PARTIALS = 10_000
/** Conditions of a pattern: each is a bit. */
const MOST_CONDITIONS = 31

const boolean = rule((value) => typeof value === 'boolean', 'true or false')

const condition: Readonly<Record<string, Rule>> = { name: text, test: func, given: optional(func) }

const take: Readonly<Record<string, Rule>> = {
  ...{ least: whole(1, MOST_TIMES), most: whole(1, MOST_TIMES), isOptional: boolean, isGreedy: boolean },
  ...{ isConsecutive: boolean, isList: boolean, after: oneOf('next', 'followed-by', 'followed-by-any') },
  any: (value, path) =>
    Array.isArray(value) && value.length > 0
      ? value.flatMap((one: object, index) => fields(one, `${path}.${index}`, condition))
      : [{ path, value: shown(value), allowed: 'conditions, at least one' }],
}

const not: Readonly<Record<string, Rule>> = {
  ...condition,
  ...{ after: oneOf('next', 'followed-by'), forMs: optional(longDuration) },
}

/** A pattern by itself. */
export function checkPattern(node: PatternNode, path: string): readonly Fault[] {
  const { steps, skip, partials, withinMs } = node
  if (!Array.isArray(steps) || steps.length === 0 || !steps.every((step): boolean => isObject(step)))
    return [{ path: `${path}.steps`, value: shown(steps), allowed: 'steps, of which begin(…) is the first' }]
  const faults = [
    ...steps.flatMap((step: PatternStep, index) => checkForm(step, `${path}.steps.${index}`)),
    ...optional(longDuration)(withinMs, `${path}.within`),
    ...checkPartials(partials, `${path}.partials`),
  ]
  if (faults.length > 0) return faults
  return [
    ...checkNames(steps, path),
    ...checkEnds(steps, path),
    ...checkNots(steps, path),
    ...steps.flatMap((step: PatternStep) => checkTimes(step, path)),
    ...checkWithin(node, path),
    ...checkSkip(skip, steps, `${path}.skip`),
  ]
}

function checkForm(step: PatternStep, path: string): readonly Fault[] {
  const kind = oneOf('take', 'not')(step.kind, `${path}.kind`)
  return kind.length > 0 ? kind : fields(step, path, step.kind === 'take' ? take : not)
}

function checkPartials(partials: unknown, path: string): readonly Fault[] {
  if (!isObject(partials)) return [{ path, value: shown(partials), allowed: '{ most, whenFull }' }]
  return fields(partials, path, {
    most: whole(1, MOST_PARTIALS),
    whenFull: oneOf('drop-oldest', 'refuse-new'),
  })
}

const isTake = (step: PatternStep | undefined): step is TakeStep => step?.kind === 'take'
const namesOf = (step: PatternStep): readonly string[] =>
  isTake(step) ? step.any.map(({ name }) => name) : [step.name]
const at = (step: PatternStep, path: string): string => `${path}.${namesOf(step).join('|')}`

function checkNames(steps: readonly PatternStep[], path: string): readonly Fault[] {
  const names = steps.flatMap(namesOf)
  const twice = names.filter((name, index) => names.indexOf(name) < index)
  const reserved = names.filter((name) => MATCH_FIELDS.includes(name) || name === '__proto__')
  return [
    ...twice.map((name) => ({
      ...{ path: `${path}.${name}`, value: `"${name}" twice`, allowed: 'a name that no other step has' },
    })),
    ...reserved.map((name) => ({
      ...{
        path: `${path}.${name}`,
        value: `"${name}"`,
        allowed: `names other than ${MATCH_FIELDS.join(', ')}`,
      },
    })),
    ...(names.length > MOST_CONDITIONS
      ? [{ path: `${path}.steps`, value: `${names.length} conditions`, allowed: `up to ${MOST_CONDITIONS}` }]
      : []),
  ]
}

/** A match begins with an item, and ends as early as it can: what comes behind that end would never be taken. */
function checkEnds(steps: readonly PatternStep[], path: string): readonly Fault[] {
  const [first] = steps
  const last = steps[steps.length - 1]
  const faults: Fault[] = []
  if (!isTake(first))
    faults.push({ path: at(first, path), value: 'a first step that forbids', allowed: 'begin(…)' })
  else if (first.isOptional)
    faults.push({ path: at(first, path), value: 'an optional first step', allowed: 'one that must be there' })
  const isOpen = isTake(last) && (last.isOptional || last.least < last.most)
  if (isTake(last) && isOpen && !last.isGreedy)
    faults.push({
      ...{
        path: at(last, path),
        value: last.isOptional ? 'an optional last step' : 'a last step of some times',
      },
      allowed: 'times(n), or greedy() to wait for more until the time is up: a match ends as early as it can',
    })
  return faults
}

function checkNots(steps: readonly PatternStep[], path: string): readonly Fault[] {
  return steps.flatMap((step, index) =>
    isTake(step) ? [] : checkNot(step, steps[index - 1], steps[index + 1], at(step, path)),
  )
}

function checkNot(
  step: NotStep,
  before: PatternStep | undefined,
  behind: PatternStep | undefined,
  path: string,
): readonly Fault[] {
  const faults: Fault[] = []
  const isLoose = [before, behind].some((one) => one !== undefined && (!isTake(one) || one.isOptional))
  if (isLoose)
    faults.push({
      path,
      value: 'beside an optional or forbidding step',
      allowed: 'between two that must be there',
    })
  if (behind === undefined && step.after === 'next')
    faults.push({
      path,
      value: 'notNext at the end',
      allowed: 'next(…) with what may come, or notFollowedBy(…)',
    })
  if (behind !== undefined && step.forMs !== undefined)
    faults.push({ path: `${path}.for`, value: 'for before a step', allowed: 'for at the end of a pattern' })
  return faults
}

const checkTimes = (step: PatternStep, path: string): readonly Fault[] =>
  isTake(step) && step.least > step.most
    ? [
        {
          path: at(step, path),
          value: `${step.least} to ${step.most} times`,
          allowed: 'from the lower to the higher',
        },
      ]
    : []

/** What waits must end some day. */
function checkWithin({ steps, withinMs }: PatternNode, path: string): readonly Fault[] {
  const takes = steps.filter(isTake)
  const last = steps[steps.length - 1]
  const isOne = takes.length === 1 && takes[0].most === 1 && (isTake(last) || last.forMs !== undefined)
  if (isOne || withinMs !== undefined) return []
  const allowed = 'how long a match may take, such as 10s: partial matches are kept so long'
  return [{ path: `${path}.within`, value: 'undefined', allowed }]
}

function checkSkip(skip: unknown, steps: readonly PatternStep[], path: string): readonly Fault[] {
  const names = steps.filter(isTake).flatMap(namesOf)
  const allowed = 'no-skip, to-next, past-last, { toFirst: step }, { toLast: step }'
  if (!isObject(skip)) return [{ path, value: shown(skip), allowed }]
  if (['no-skip', 'to-next', 'past-last'].includes(skip.to as string)) return []
  if (skip.to !== 'first' && skip.to !== 'last') return [{ path, value: shown(skip.to), allowed }]
  return oneOf(...names)(skip.step, `${path}.${skip.to}`)
}
