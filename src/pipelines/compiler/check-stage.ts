import { areLabels, LABELS_ALLOWED } from '../../core/alert.ts'
import type { SinkNode, StageNode } from '../definition/definition.ts'
import { SOURCE } from '../definition/definition.ts'
import type { SinkCheck } from './sink-check.ts'
import { checkKey } from './check-key.ts'
import {
  anyNumber,
  duration,
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
import { rules } from './check-rules.ts'
import { checkPattern } from './check-pattern.ts'
import { checkWindow } from './check-window.ts'
import { type Fault, shown } from './fault.ts'

type Checks = Readonly<Record<string, Rule>>

const key: Rule = checkKey
const share = rule(
  (value) => typeof value === 'number' && value > 0 && value <= 1,
  'a share of more than 0, up to 1',
)

const table: Rule = (value, path) => {
  if (!isObject(value)) return [{ path, value: shown(value), allowed: 'registry() or referenceTable(…)' }]
  const from = oneOf('registry', 'file')(value.from, `${path}.from`)
  return value.from === 'file'
    ? [...from, ...fields(value, path, { file: text, column: text, key: func })]
    : from
}

/** As many alerts as one step of state has room for. */
const MOST_PEERS = 1000

/** What each kind of stage must have. */
const KINDS: Readonly<Record<StageNode['kind'], Checks>> = {
  filter: { test: func },
  derive: { field: text, compute: func },
  map: { compute: func },
  'flat-map': { compute: func },
  merge: {},
  lookup: { as: text, table, mode: oneOf('left', 'inner') },
  'interval-join': { key, afterMs: anyNumber, untilMs: anyNumber, join: func },
  deduplicate: { key, withinMs: longDuration },
  throttle: { key, count: whole(1), everyMs: longDuration },
  sample: { share },
  custom: { key, initial: func, step: func },
  enrich: { enrich: func, as: text, concurrency: whole(1, 1024), fallback: optional(func) },
  window: { key, allowedLatenessMs: duration, earlyEveryMs: duration },
  peers: {
    ...{ sizeMs: longDuration, minMembers: whole(3), most: whole(1, MOST_PEERS) },
    atLeast: rule((value) => typeof value === 'number' && value > 0, 'a number of deviations above 0'),
    side: oneOf('both', 'above', 'below'),
    minSpread: rule((value) => typeof value === 'number' && value >= 0, 'a number of 0 or more'),
  },
  pattern: { key },
  'timed-out': { pattern: text },
  late: { window: text },
  alert: {
    ...{ rule: text, when: func, clear: optional(func), message: optional(func), forMs: duration },
    severity: oneOf('low', 'medium', 'high', 'critical'),
    labels: optional(rule(areLabels, LABELS_ALLOWED)),
    showsPending: optional(rule((value) => typeof value === 'boolean', 'true or false')),
  },
  rules: { rules },
  'to-series': { metric: text, value: func, device: optional(func) },
  emit: { topic: text },
  sink: { sink: rule((value) => isObject(value) && typeof value.type === 'string', 'an object with a type') },
}

/** A stage by itself, whatever is around it. */
export function checkStage(node: StageNode, index: number, sinks?: SinkCheck): readonly Fault[] {
  if (!isObject(node)) return [{ path: `nodes.${index}`, value: shown(node), allowed: 'a stage' }]
  const path = typeof node.id === 'string' && node.id !== '' ? node.id : `nodes.${index}`
  if (!Object.hasOwn(KINDS, node.kind))
    return [{ path: `${path}.kind`, value: shown(node.kind), allowed: Object.keys(KINDS).join(', ') }]
  return [
    ...fields(node, path, { id: stageId, inputs: idList, ...KINDS[node.kind] }),
    ...checkPolicy(node.policy, `${path}.policy`),
    ...(node.kind === 'window' ? checkWindow(node, path) : []),
    ...(node.kind === 'pattern' ? checkPattern(node, path) : []),
    ...(node.kind === 'interval-join' ? checkInterval(node, path) : []),
    ...(node.kind === 'sink' && isObject(node.sink) ? checkSinkOf(node, path, sinks) : []),
  ]
}

const stageId = rule(
  (value) => typeof value === 'string' && /^[\w.-]{1,64}$/.test(value) && value !== SOURCE,
  `up to 64 letters, digits, "-", "_" and ".", and not "${SOURCE}"`,
)

const idList = rule(
  (value) => Array.isArray(value) && value.length > 0 && value.every((id) => typeof id === 'string'),
  'ids of stages, at least one',
)

function checkPolicy(policy: unknown, path: string): readonly Fault[] {
  if (!isObject(policy)) return [{ path, value: shown(policy), allowed: 'an object' }]
  return fields(policy, path, {
    onError: oneOf('dead-letter', 'skip'),
    retries: whole(0, 100),
    timeoutMs: longDuration,
  })
}

function checkSinkOf({ sink }: SinkNode, path: string, sinks: SinkCheck | undefined): readonly Fault[] {
  const lines = sinks?.(sink)?.split('\n') ?? []
  return lines.map((line) => {
    const [value, allowed = 'what the sink takes'] = line.split('; allowed: ')
    return { path: `${path}.sink`, value, allowed }
  })
}

function checkInterval(
  { afterMs, untilMs }: { afterMs: number; untilMs: number },
  path: string,
): readonly Fault[] {
  return afterMs > untilMs
    ? [{ path: `${path}.untilMs`, value: String(untilMs), allowed: `not less than afterMs, ${afterMs}` }]
    : []
}
