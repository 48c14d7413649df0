import type { WindowNode } from '../definition/definition.ts'
import type { WindowSpec } from '../definition/window-spec.ts'
import {
  anyNumber,
  fields,
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
import { durationText } from './spec-texts.ts'

const WINDOWS: Readonly<Record<WindowSpec['type'], Readonly<Record<string, Rule>>>> = {
  tumbling: { sizeMs: longDuration, offsetMs: anyNumber },
  sliding: { sizeMs: longDuration, everyMs: longDuration, offsetMs: anyNumber },
  session: { gapMs: longDuration },
  count: { count: whole(1), every: whole(1) },
  global: {
    everyCount: whole(0),
    everyMs: rule((value) => typeof value === 'number' && value >= 0, 'a duration of 0 or more'),
  },
}

const TYPES = [
  ...['count', 'sum', 'mean', 'variance', 'deviation', 'min', 'max', 'first', 'last', 'range', 'rate'],
  ...['time-weighted-mean', 'distinct', 'trend', 'quantile', 'top', 'histogram', 'exponential-mean'],
]
const PAIRS = ['correlation', 'regression', 'lead-lag', 'members']
/** Names that a result has besides its aggregates. */
export const RESULT_FIELDS = ['start', 'end', 'revision', 'early']
const MAX_SLICES = 100_000

export function checkWindow({ window, aggregates }: WindowNode, path: string): readonly Fault[] {
  return [...checkSpec(window, `${path}.window`), ...checkAggregates(aggregates, `${path}.aggregates`)]
}

function checkSpec(window: WindowSpec, path: string): readonly Fault[] {
  if (!isObject(window) || !Object.hasOwn(WINDOWS, window.type))
    return [
      {
        path,
        value: shown(isObject(window) ? window.type : window),
        allowed: Object.keys(WINDOWS).join(', '),
      },
    ]
  const faults = fields(window, path, WINDOWS[window.type])
  return faults.length > 0 ? faults : checkSizes(window, path)
}

function checkSizes(window: WindowSpec, path: string): readonly Fault[] {
  if (window.type === 'sliding') {
    const { sizeMs, everyMs } = window
    const divides = sizeMs % everyMs === 0 && sizeMs / everyMs <= MAX_SLICES
    const allowed = `durations of which ${durationText(sizeMs)} is a multiple, up to ${MAX_SLICES} times`
    return divides ? [] : [{ path: `${path}.every`, value: durationText(everyMs), allowed }]
  }
  if (window.type === 'count' && window.count % window.every !== 0)
    return [
      {
        path: `${path}.every`,
        value: String(window.every),
        allowed: `a number that divides ${window.count}`,
      },
    ]
  if (window.type === 'global' && window.everyCount === 0 && window.everyMs === 0)
    return [{ path, value: 'no trigger', allowed: 'a count, a time, or both after which it gives a result' }]
  return []
}

function checkAggregates(aggregates: unknown, path: string): readonly Fault[] {
  if (!isObject(aggregates) || Object.keys(aggregates).length === 0)
    return [{ path, value: shown(aggregates), allowed: 'at least one, such as { n: count() }' }]
  return Object.entries(aggregates).flatMap(([name, spec]) => checkAggregate(name, spec, `${path}.${name}`))
}

const input = rule(
  (value) => typeof value === 'function' || (typeof value === 'string' && value !== ''),
  'a field or a function',
)
const over: Readonly<Record<string, Rule>> = { input, metric: optional(text) }
const both: Rule = (value, path) =>
  isObject(value) ? fields(value, path, over) : [{ path, value: shown(value), allowed: 'an input' }]

const EXTRAS: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  quantile: { q: rule((value) => typeof value === 'number' && value >= 0 && value <= 1, 'from 0 to 1') },
  top: { k: whole(1, 1000) },
  histogram: {
    bounds: rule(
      (value) =>
        Array.isArray(value) &&
        value.length > 0 &&
        value.every((bound: unknown, index) => typeof bound === 'number' && !(bound <= value[index - 1])),
      'numbers in ascending order, at least one',
    ),
  },
  'exponential-mean': { halfLifeMs: longDuration },
  'lead-lag': { stepMs: longDuration, maxLagMs: longDuration },
}

function checkAggregate(name: string, spec: unknown, path: string): readonly Fault[] {
  if (!isObject(spec)) return [{ path, value: shown(spec), allowed: 'an aggregate, such as mean()' }]
  const reserved = RESULT_FIELDS.includes(name)
    ? [{ path, value: shown(name), allowed: `other names than ${RESULT_FIELDS.join(', ')}` }]
    : []
  const type = oneOf(...TYPES, ...PAIRS)(spec.type, `${path}.type`)
  if (type.length > 0) return [...reserved, ...type]
  const rules = PAIRS.includes(spec.type as string)
    ? { x: both, y: both, ...EXTRAS[spec.type as string] }
    : { ...over, ...EXTRAS[spec.type as string] }
  return [...reserved, ...fields(spec, path, rules)]
}
