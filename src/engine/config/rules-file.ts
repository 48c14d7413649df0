/** Files of rules without code (docs/rules.md). */
import { readFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import picomatch from 'picomatch'
import { MillraceError } from '../../core/errors.ts'
import type {
  Area,
  Band,
  PeerGroupPart,
  RuleCondition,
  RuleSpec,
} from '../../pipelines/definition/rule-spec.ts'
import { MOST_MEMBERS } from '../../pipelines/rules/composite.ts'
import { MOST_PEER_RULES } from '../../pipelines/rules/peer-rules.ts'
import { MESSAGE_WORDS, PEERS_WORDS } from '../../pipelines/rules/rule-text.ts'
import type { RuleSet } from '../../pipelines/rules/rules-pipeline.ts'
import { treeOf, withoutWords } from './json-schema.ts'
import { CONDITIONS, rulesFile, type WrittenRule } from './options/rules-file.ts'
import { badConfig, type Problem, problemsOf } from './problems.ts'
import { parseYaml } from './yaml.ts'

/** Steps of a comparison's window. */
const MOST_STEPS = 1000

const rulesTree = treeOf(rulesFile)

/** JSON Schema (draft 2020-12) of a file, for editors. */
export const rulesSchema = (): Record<string, unknown> => withoutWords('Millrace rules', rulesTree())

/** Reads a file of rules, YAML or JSON. Throws `bad-config` whose lines begin with `file:line:column`. */
export function loadRules(path: string): RuleSet {
  return parseRules(readText(path), path)
}

/** The rules in a text; `file` is what messages call it. */
export function parseRules(text: string, file: string): RuleSet {
  const { value, locate } = parseYaml(text, file)
  const checked = rulesFile.safeParse(value ?? {})
  if (!checked.success) throw badConfig(problemsOf(checked.error.issues, value ?? {}, rulesTree()), locate)
  const { name, stateBytes, rules } = checked.data
  const problems = [...rules.flatMap(problemsIn), ...problemsBetween(rules)]
  if (problems.length > 0) throw badConfig(problems, locate)
  return { name: name ?? nameOf(file), stateBytes, rules: rules.map(specOf) }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new MillraceError(
      'bad-config',
      `cannot read the rules ${path}: ${(error as Error).message}`,
      { path },
      error,
    )
  }
}

const nameOf = (file: string): string =>
  `rules-${basename(file, extname(file)).replace(/[^\w.-]/g, '-')}`.slice(0, 64)

/** What is wrong in a rule by itself, beyond what its schema says. */
function problemsIn(rule: WrittenRule, index: number): Problem[] {
  const path = ['rules', index]
  const given = CONDITIONS.filter((kind) => rule[kind] !== undefined)
  if (given.length !== 1) {
    const words = given.length === 0 ? 'no condition' : `${given.length} conditions (${given.join(', ')})`
    return [{ path, message: `${words}; give one of ${CONDITIONS.join(', ')}` }]
  }
  return [
    ...bandProblems(rule, path),
    ...peersProblems(rule, path),
    ...timeProblems(rule, path),
    ...wordProblems(rule, path),
  ]
}

function bandProblems(rule: WrittenRule, path: Problem['path']): Problem[] {
  const kind = (['threshold', 'deviation', 'rate'] as const).find((one) => rule[one] !== undefined)
  const band = kind && rule[kind]
  if (kind === undefined || band === undefined) return []
  const { above, below, hysteresis } = band
  if (above === undefined && below === undefined)
    return [{ path: [...path, kind], message: 'no limit; give above, below or both' }]
  if (above === undefined || below === undefined || below + hysteresis <= above - hysteresis) return []
  return [
    {
      path: [...path, kind],
      message: `nothing is between below ${below} and above ${above} with a hysteresis of ${hysteresis}; give a lower below`,
    },
  ]
}

const OF_PEERS = ['group', 'over', 'every', 'value', 'minMembers', 'minSpread'] as const

function peersProblems({ deviation, silent }: WrittenRule, path: Problem['path']): Problem[] {
  if (deviation === undefined) return []
  const at = (key: string): Problem['path'] => [...path, 'deviation', key]
  if (deviation.from === 'itself')
    return OF_PEERS.filter((key) => deviation[key] !== undefined).map((key) => ({
      ...{ path: at(key), message: 'only with from: peers' },
    }))
  const { group, over, every, above, below, hysteresis } = deviation
  const problems: Problem[] = []
  if (group === undefined) problems.push({ path: at('from'), message: 'peers need a group: give one' })
  if (over === undefined) problems.push({ path: at('from'), message: 'peers need a time: give over' })
  else if (every !== undefined && (over % every !== 0 || over / every > MOST_STEPS))
    problems.push({ path: at('every'), message: `give a whole part of over, up to ${MOST_STEPS} of them` })
  if (group !== undefined && group.length > 1 && group.includes('all'))
    problems.push({ path: at('group'), message: 'all is not with others' })
  if (above !== undefined && above <= hysteresis)
    problems.push({ path: at('above'), message: 'give more than 0, and more than the hysteresis' })
  if (below !== undefined && below >= -hysteresis)
    problems.push({ path: at('below'), message: 'give less than 0, by more than the hysteresis' })
  if (silent)
    problems.push({ path: [...path, 'silent'], message: 'not with peers, which no composite rule is of' })
  return problems
}

function timeProblems(rule: WrittenRule, path: Problem['path']): Problem[] {
  const kind = rule.missing === undefined ? (rule.flat === undefined ? undefined : 'flat') : 'missing'
  if (kind === undefined || rule.for === undefined) return []
  return [{ path: [...path, 'for'], message: `not allowed with ${kind}, which has a for of its own` }]
}

function wordProblems(
  { message, devices, composite, metrics, deviation }: WrittenRule,
  path: Problem['path'],
): Problem[] {
  const words = deviation?.from === 'peers' ? PEERS_WORDS : MESSAGE_WORDS
  const unknown = [...(message ?? '').matchAll(/\{(\w+)\}/g)].filter(([, word]) => !words.includes(word))
  return [
    ...unknown.map(([word]) => ({
      path: [...path, 'message'],
      message: `${word} is not known; allowed: ${words.map((one) => `{${one}}`).join(', ')}`,
    })),
    ...(devices ?? []).flatMap((glob, index) =>
      isGlob(glob)
        ? []
        : [{ path: [...path, 'devices', index], message: `${JSON.stringify(glob)} is no glob` }],
    ),
    ...(composite !== undefined && metrics !== undefined
      ? [{ path: [...path, 'metrics'], message: 'not allowed with composite, which is about devices' }]
      : []),
  ]
}

function isGlob(glob: string): boolean {
  try {
    picomatch.makeRe(glob, { debug: true, dot: true, windows: false })
    return true
  } catch {
    return false
  }
}

/** Names that are there twice, and members that are not there. */
function problemsBetween(rules: readonly WrittenRule[]): Problem[] {
  const first = new Map<string, number>()
  const twice = rules.flatMap(({ name }, index) => {
    const before = first.get(name)
    if (before === undefined) first.set(name, index)
    return before === undefined
      ? []
      : [
          {
            path: ['rules', index, 'name'],
            message: `"${name}" is the name of rules[${before}]; give another`,
          },
        ]
  })
  const isPlain = ({ composite, deviation }: WrittenRule): boolean =>
    composite === undefined && deviation?.from !== 'peers'
  const plain = new Set(rules.filter(isPlain).map(({ name }) => name))
  return [
    ...twice,
    ...tooManyPeers(rules),
    ...rules.flatMap(({ composite }, index) => memberProblems(composite, index, plain)),
  ]
}

function tooManyPeers(rules: readonly WrittenRule[]): Problem[] {
  const beyond = rules.flatMap(({ deviation }, index) => (deviation?.from === 'peers' ? [index] : []))
  const message = `give at most ${MOST_PEER_RULES} rules with deviation from peers in a file`
  return beyond.slice(MOST_PEER_RULES, MOST_PEER_RULES + 1).map((index) => ({
    ...{ path: ['rules', index, 'deviation', 'from'], message },
  }))
}

function memberProblems(
  composite: WrittenRule['composite'],
  index: number,
  plain: ReadonlySet<string>,
): Problem[] {
  if (composite === undefined) return []
  const path = ['rules', index, 'composite']
  const { all, any, none } = composite
  const members = [...all, ...any, ...none]
  const problems = (['all', 'any', 'none'] as const).flatMap((part) =>
    composite[part].flatMap((name, at) =>
      plain.has(name)
        ? []
        : [
            {
              path: [...path, part, at],
              message: `"${name}" is no rule of this file that is neither composite nor from peers`,
            },
          ],
    ),
  )
  if (all.length + any.length === 0) problems.push({ path, message: 'no member; give some in all or any' })
  if (members.length > MOST_MEMBERS || new Set(members).size < members.length)
    problems.push({ path, message: `give at most ${MOST_MEMBERS} rules, each once` })
  return problems
}

function specOf(rule: WrittenRule): RuleSpec {
  const { name, metrics, devices, tiers, regions, tenants, attributes } = rule
  return {
    ...{ name, metrics: metrics ?? [], condition: conditionOf(rule), forMs: rule.for ?? 0 },
    devices: { names: devices ?? [], tiers, regions, tenants, attributes },
    ...{ severity: rule.severity, message: rule.message, labels: rule.labels, silent: rule.silent },
    showsPending: rule.showsPending,
  }
}

function conditionOf({
  threshold,
  deviation,
  rate,
  missing,
  flat,
  geofence,
  composite,
}: WrittenRule): RuleCondition {
  if (threshold) return { kind: 'threshold', ...bandOf(threshold) }
  if (deviation?.from === 'peers') return peersOf(deviation)
  if (deviation) return { kind: 'baseline', ...bandOf(deviation) }
  if (rate) return { kind: 'rate', ...bandOf(rate), perMs: rate.per, overMs: rate.over }
  if (missing) return { kind: 'missing', afterMs: missing.for }
  if (flat) return { kind: 'flat', afterMs: flat.for, within: flat.within }
  if (geofence) return { kind: 'geofence', when: geofence.when, area: areaOf(geofence.area) }
  if (composite) return { kind: 'composite', ...composite }
  throw new Error('a rule without a condition')
}

type WrittenBand = Pick<NonNullable<WrittenRule['threshold']>, 'above' | 'below' | 'hysteresis'>

const bandOf = ({ above, below, hysteresis }: WrittenBand): Band => ({
  above,
  below,
  hysteresis,
})

function peersOf(written: NonNullable<WrittenRule['deviation']>): RuleCondition {
  const { group = [], over = 0, every = over, value = 'mean', minMembers = 5, minSpread = 0 } = written
  const parts = group as readonly PeerGroupPart[]
  return {
    ...{ kind: 'peers', group: parts, sizeMs: over, everyMs: every, value, minMembers, minSpread },
    ...bandOf(written),
  }
}

type Geometry = NonNullable<WrittenRule['geofence']>['area']

function areaOf({ type, coordinates }: Geometry): Area {
  const polygons = type === 'Polygon' ? [coordinates] : coordinates
  return polygons.map((polygon) => polygon.map((ring) => ring.map(([lon, lat]) => [lon, lat] as const)))
}
