import type { RuleSpec } from '../definition/rule-spec.ts'
import { hashOfText } from '../keys/fnv.ts'
import { MOST_MEMBERS } from '../rules/composite.ts'
import { isObject, type Rule } from './check-values.ts'
import { type Fault, shown } from './fault.ts'

const KINDS = ['threshold', 'baseline', 'rate', 'missing', 'flat', 'geofence', 'composite']

/** The rules of a stage; their limits and times have been checked where they were read. */
export const rules: Rule = (value, path) => {
  if (!Array.isArray(value) || value.length === 0)
    return [{ path, value: shown(value), allowed: 'a list of rules, at least one' }]
  const shapes = value.flatMap((rule: unknown, index) => checkShape(rule, `${path}.${index}`))
  return shapes.length > 0 ? shapes : checkTogether(value as RuleSpec[], path)
}

function checkShape(rule: unknown, path: string): Fault[] {
  if (!isObject(rule) || typeof rule.name !== 'string' || rule.name === '')
    return [{ path, value: shown(rule), allowed: 'a rule with a name' }]
  const kind = isObject(rule.condition) ? rule.condition.kind : undefined
  return KINDS.includes(kind as string)
    ? []
    : [{ path: `${path}.condition.kind`, value: shown(kind), allowed: KINDS.join(', ') }]
}

function checkTogether(all: readonly RuleSpec[], path: string): Fault[] {
  const seen = new Map<number, string>()
  return all.flatMap(({ name, condition }, index) => {
    const { low } = hashOfText(name)
    const other = seen.get(low)
    seen.set(low, name)
    const allowed =
      other === name ? 'a name that no other rule has' : `another name: it has the hash of "${other}"`
    const twice = other === undefined ? [] : [{ path: `${path}.${index}.name`, value: shown(name), allowed }]
    return condition.kind === 'composite'
      ? [...twice, ...checkMembers(condition, all, `${path}.${index}`)]
      : twice
  })
}

function checkMembers(
  { all: every, any, none }: Extract<RuleSpec['condition'], { kind: 'composite' }>,
  all: readonly RuleSpec[],
  path: string,
): Fault[] {
  const plain = all.filter(({ condition }) => condition.kind !== 'composite').map(({ name }) => name)
  const members = [...every, ...any, ...none]
  const unknown = members.filter((name) => !plain.includes(name))
  if (
    every.length + any.length === 0 ||
    members.length > MOST_MEMBERS ||
    new Set(members).size < members.length
  )
    return [
      {
        path: `${path}.condition`,
        value: shown(members.join(', ')),
        allowed: `up to ${MOST_MEMBERS} rules, each once, at least one of them in all or any`,
      },
    ]
  return unknown.map((name) => ({
    ...{
      path: `${path}.condition`,
      value: shown(name),
      allowed: `rules that are not composite: ${plain.join(', ')}`,
    },
  }))
}
