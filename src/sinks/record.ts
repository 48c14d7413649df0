/**
 * An item on its way to a sink, made into text once: `line` is what most sinks hand on, and what is kept on disk.
 * The item is the line's last member, so that its own text is a slice of the line.
 */
import { TIERS } from '../core/tiers.ts'
import type { Lookup, Origin } from '../pipelines/definition/outside.ts'

export interface SinkRecord {
  /** The same when the same readings lead to the same item again. */
  readonly id: string
  readonly pipeline: string
  readonly node: string
  readonly item: unknown
  readonly origin: Origin
  /** JSON without line breaks: id, pipeline, node, time, device, metric, region, tier (as far as it has them), item. */
  readonly line: string
  /** Where the item begins in it. */
  readonly itemAt: number
}

/** Names for what an origin has as numbers. */
export type OriginNames = Pick<Lookup, 'metricName' | 'regionName' | 'device'>

const HEX = 16

/** Undefined if the item has no form in JSON (a cycle, a bigint). */
export function recordOf(
  place: { readonly pipeline: string; readonly node: string },
  item: unknown,
  origin: Origin,
  names: OriginNames,
): SinkRecord | undefined {
  const text = textOf(item)
  if (text === undefined) return undefined
  const { pipeline, node } = place
  const head = JSON.stringify({ id: origin.id, pipeline, node, ...named(origin, names) })
  const front = `${head.slice(0, -1)},"item":`
  return { id: origin.id, pipeline, node, item, origin, line: `${front}${text}}`, itemAt: front.length }
}

/** The item alone, as JSON. */
export const itemText = ({ line, itemAt }: SinkRecord): string => line.slice(itemAt, -1)

/** Several records in one text to be kept; `unpack` is its way back. */
export function pack({ origin, line, itemAt }: SinkRecord): string {
  const { time, device, metric, region, tier } = origin
  return `${JSON.stringify([time, device, metric, region, tier, itemAt])}\n${line}`
}

export function unpack(text: string): SinkRecord {
  const end = text.indexOf('\n')
  const [time, device, metric, region, tier, itemAt] = JSON.parse(text.slice(0, end)) as number[]
  const line = text.slice(end + 1)
  const { id, pipeline, node, item } = JSON.parse(line) as Omit<SinkRecord, 'line'>
  return { id, pipeline, node, item, origin: { id, time, device, metric, region, tier }, line, itemAt }
}

function textOf(item: unknown): string | undefined {
  try {
    return JSON.stringify(item) ?? 'null'
  } catch {
    return undefined
  }
}

/** What it is about none in particular of is left out. */
function named({ time, device, metric, region, tier }: Origin, names: OriginNames): object {
  return {
    time,
    ...(device === 0 ? {} : { device: names.device(device)?.name ?? `#${device.toString(HEX)}` }),
    ...(metric === 0 ? {} : { metric: names.metricName(metric) }),
    ...(region === 0 ? {} : { region: names.regionName(region) }),
    tier: TIERS[tier],
  }
}
