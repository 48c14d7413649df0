import type { AggregateSpec } from '../definition/aggregate-spec.ts'
import { SOURCE, type StageNode, type StagePolicy } from '../definition/definition.ts'
import type { KeySpec } from '../definition/key-spec.ts'
import type { DeviceFilter, PeerGroupPart, RuleCondition, RuleSpec } from '../definition/rule-spec.ts'
import type { PeerDeviation } from '../operators/peers.ts'
import { type Comparison, peerStages } from '../peers/peer-stages.ts'
import { peersMessage } from './rule-text.ts'
import { HOLDS, OVER, verdictOf } from './verdict.ts'

type PeersCondition = Extract<RuleCondition, { kind: 'peers' }>
type PeerRule = RuleSpec & { readonly condition: PeersCondition }

/** Of a file, for each is a few of a pipeline's stages. */
export const MOST_PEER_RULES = 10
/** Devices of a group that are told of at a time. */
const MOST_TOLD = 100

export const isOfPeers = (rule: RuleSpec): rule is PeerRule => rule.condition.kind === 'peers'

const POLICY: StagePolicy = { onError: 'dead-letter', retries: 0, timeoutMs: 1000 }

/** The stages that such a rule becomes: its readings, the comparison, and the alert. */
export function peerNodes(rule: PeerRule, index: number): readonly StageNode[] {
  const { condition, metrics, devices } = rule
  const part = (name: string): string => `peers-${index + 1}.${name}`
  const nodes: StageNode[] = []
  const add = (name: string, node: object): void => {
    const inputs = [nodes.at(-1)?.id ?? SOURCE]
    nodes.push({ ...node, id: part(name), inputs, policy: POLICY } as unknown as StageNode)
  }
  if (metrics.length > 0)
    add('metrics', { kind: 'filter', test: (r: { readonly metric: string }) => metrics.includes(r.metric) })
  if (asksForSome(devices)) add('of', { kind: 'filter', test: () => true, devices })
  const stages = peerStages(comparisonOf(condition))
  add('devices', { kind: 'window', ...stages.devices })
  add('groups', { kind: 'window', ...stages.groups })
  add('peers', { kind: 'peers', ...stages.peers })
  add('alert', { kind: 'alert', ...alertOf(rule) })
  return nodes
}

const asksForSome = ({ names, tiers, regions, tenants, attributes }: DeviceFilter): boolean =>
  names.length + tiers.length + regions.length + tenants.length + Object.keys(attributes).length > 0

function comparisonOf(condition: PeersCondition): Comparison {
  const { group, sizeMs, everyMs, value, minMembers, minSpread, above, below, hysteresis } = condition
  const spec = { input: 'value', metric: undefined }
  const aggregate: AggregateSpec =
    value === 'median' ? { type: 'quantile', q: 0.5, ...spec } : { type: value, ...spec }
  const limits = [above, below].flatMap((limit) => (limit === undefined ? [] : [Math.abs(limit)]))
  const side = below === undefined ? 'above' : above === undefined ? 'below' : 'both'
  return {
    window: { type: 'sliding', sizeMs, everyMs, offsetMs: 0 },
    ...{ value: aggregate, group: group.map(keyOf), minMembers, minSpread },
    // within the hysteresis a device is still told of: as neither away nor back
    ...{ side, atLeast: Math.min(...limits) - hysteresis, most: MOST_TOLD },
  }
}

function keyOf(part: PeerGroupPart): KeySpec {
  if (part === 'all' || part === 'tenant' || part === 'region' || part === 'tier') return { by: part }
  return { by: 'attribute', attribute: part.slice('attribute:'.length) }
}

function alertOf(spec: PeerRule) {
  const { condition, name, severity, forMs, labels, showsPending } = spec
  return {
    ...{ rule: name, severity, forMs, labels, showsPending },
    when: ({ deviation }: PeerDeviation) => verdictOf(condition, deviation) === HOLDS,
    clear: ({ deviation }: PeerDeviation) => verdictOf(condition, deviation) === OVER,
    message: (item: PeerDeviation) => peersMessage(spec, item),
  }
}
