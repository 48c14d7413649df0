import { TIERS } from '../../core/tiers.ts'
import type { Lookup } from '../definition/outside.ts'
import type { PeerDeviation } from '../operators/peers.ts'
import type { Band, RuleCondition, RuleSpec } from '../definition/rule-spec.ts'
import { durationText } from '../compiler/spec-texts.ts'
import { deviceOf, metricOf, type RuleSubject } from './subject.ts'

/** `device/metric`, or the device. */
export function keyOf(subject: RuleSubject, lookup: Lookup): string {
  const device = deviceOf(subject)
  const name = lookup.device(device)?.name ?? `#${device.toString(16)}`
  const metric = metricOf(subject)
  return metric === 0 ? name : `${name}/${lookup.metricName(metric)}`
}

/** The rule's message with the subject's words in it, or what its condition says. */
export function messageOf(
  { name, message, condition }: RuleSpec,
  subject: RuleSubject,
  lookup: Lookup,
): string {
  const key = keyOf(subject, lookup)
  if (message === undefined) return `${key}: ${stateText(condition, subject.value)}`
  const words: Readonly<Record<string, string>> = {
    ...{ rule: name, key, device: key.split('/')[0], value: numberText(subject.value) },
    metric: metricOf(subject) === 0 ? '' : lookup.metricName(metricOf(subject)),
    ...{ region: lookup.regionName(subject.region), tier: TIERS[subject.tier] },
  }
  return filled(message, words)
}

/** The same of a rule that compares with peers. */
export function peersMessage({ name, message }: RuleSpec, item: PeerDeviation): string {
  const { device, metric, group } = item
  const [value, centre, spread] = [item.value, item.centre, item.spread].map(numberText)
  const deviation = numberText(Math.round(item.deviation * 100) / 100)
  if (message === undefined) {
    const side = item.deviation < 0 ? 'below' : 'above'
    const far = numberText(Math.abs(Number(deviation)))
    return `${device}/${metric}: ${value} is ${far} deviations ${side} ${centre}, the middle of ${item.members} (${group})`
  }
  const numbers = { value, centre, spread, deviation, members: String(item.members) }
  return filled(message, { rule: name, key: `${device}/${metric}`, device, metric, group, ...numbers })
}

const filled = (message: string, words: Readonly<Record<string, string>>): string =>
  message.replace(/\{(\w+)\}/g, (written, word: string) => words[word] ?? written)

/** What its condition says of a value. */
function stateText(condition: RuleCondition, value: number): string {
  const at = Number.isNaN(value) ? '' : numberText(value)
  const { kind } = condition
  if (at === '' || kind === 'missing' || kind === 'geofence' || kind === 'composite')
    return conditionText(condition)
  if (kind !== 'threshold') return `${at}, ${conditionText(condition)}`
  const { above, below } = condition
  if (above !== undefined && value > above) return `${at} is above ${above}`
  return below !== undefined && value < below ? `${at} is below ${below}` : `${at}, ${bandText(condition)}`
}

/** What a message may say in braces. */
export const MESSAGE_WORDS = ['rule', 'key', 'device', 'metric', 'value', 'region', 'tier']
/** The same of a rule that compares with peers. */
export const PEERS_WORDS = [
  ...['rule', 'key', 'device', 'metric', 'value'],
  ...['group', 'centre', 'spread', 'deviation', 'members'],
]

/** A rule in words: `too-warm (high): temperature above 8 for 2m`. */
export function ruleText({ name, severity, metrics, condition, forMs, silent }: RuleSpec): string {
  const of =
    condition.kind === 'composite' ? '' : `${metrics.length === 0 ? 'any metric' : metrics.join(', ')}: `
  const held = forMs > 0 ? ` for ${durationText(forMs)}` : ''
  return `${name} (${silent ? 'silent' : severity}): ${of}${conditionText(condition)}${held}`
}

/** A condition in words. */
export function conditionText(condition: RuleCondition): string {
  switch (condition.kind) {
    case 'threshold':
      return bandText(condition)
    case 'baseline':
      return `deviation from its own mean ${bandText(condition)}`
    case 'peers':
      return peersText(condition)
    case 'rate':
      return `change per ${durationText(condition.perMs)} ${bandText(condition)}`
    case 'missing':
      return `no reading for ${durationText(condition.afterMs)}`
    case 'flat':
      return `unchanged${condition.within > 0 ? ` within ${condition.within}` : ''} for ${durationText(condition.afterMs)}`
    case 'geofence':
      return `${condition.when} its area`
    case 'composite':
      return compositeText(condition)
  }
}

function peersText(condition: Extract<RuleCondition, { kind: 'peers' }>): string {
  const { group, value, sizeMs, everyMs, minMembers } = condition
  const steps = everyMs === sizeMs ? '' : ` every ${durationText(everyMs)}`
  return (
    `${value} of ${durationText(sizeMs)}${steps} ${bandText(condition)} deviations from the middle of ` +
    `its peers (${group.join(', ')}; at least ${minMembers})`
  )
}

function bandText({ above, below, hysteresis }: Band): string {
  const limits = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ].join(' or ')
  return hysteresis > 0 ? `${limits} (until ${hysteresis} inside)` : limits
}

const compositeText = ({ all, any, none }: Extract<RuleCondition, { kind: 'composite' }>): string =>
  [
    ...(all.length > 0 ? [`all of ${all.join(', ')}`] : []),
    ...(any.length > 0 ? [`any of ${any.join(', ')}`] : []),
    ...(none.length > 0 ? [`none of ${none.join(', ')}`] : []),
  ].join(' and ')

const numberText = (value: number): string =>
  Number.isNaN(value) ? '' : String(Number(value.toPrecision(6)))
