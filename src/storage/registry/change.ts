/**
 * What the registry holds and how it changes. A change is absolute (the whole device, or that there is none), so that
 * doing it again, or doing a run of changes again from an earlier point, ends in the same registry. As bytes it is JSON
 * in UTF-8: the message of a note in the journal.
 */
import type { AnomalyRule, Device, Metric } from '../../core/device.ts'
import { MillraceError } from '../../core/errors.ts'
import { deviceIdOf } from '../../core/ids.ts'

/** A metric with how its anomalies are told. Metrics are never removed, because series keys contain their numbers. */
export interface MetricRecord extends Metric {
  readonly anomaly: AnomalyRule
}

/** A token as the configuration knows it: by its SHA-256. */
export interface TokenRecord {
  readonly sha256: string
  readonly name: string
  readonly scope: 'device' | 'api' | 'all'
  readonly tenant: string
  readonly expires: string | null
}

export type RegistryChange =
  | { readonly kind: 'device'; readonly device: Device }
  | { readonly kind: 'device-removed'; readonly name: string }
  | { readonly kind: 'metric'; readonly metric: MetricRecord }
  | { readonly kind: 'token'; readonly token: TokenRecord }
  | { readonly kind: 'token-removed'; readonly sha256: string }

/** Everything that a registry holds. */
export interface RegistryContent {
  readonly devices: Iterable<Device>
  readonly metrics: Iterable<MetricRecord>
  readonly tokens: Iterable<TokenRecord>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export function encodeChange(change: RegistryChange): Uint8Array {
  return encoder.encode(JSON.stringify(change))
}

/** The change that `encodeChange` made the bytes of. Throws `storage-damaged` for anything else. */
export function decodeChange(bytes: Uint8Array): RegistryChange {
  const value = parse(bytes)
  if (!isChange(value)) throw notAChange(bytes)
  return value.kind === 'device' ? { kind: 'device', device: withId(value.device) } : value
}

const withId = ({ name, tier, region, tenant, lat, lon, attributes }: Device): Device => ({
  name,
  id: deviceIdOf(name),
  tier,
  region,
  tenant,
  lat,
  lon,
  attributes: Object.freeze(attributes),
})

function parse(bytes: Uint8Array): unknown {
  try {
    // a view of shared memory can't be decoded; a copy can
    return JSON.parse(decoder.decode(Uint8Array.from(bytes)))
  } catch (cause) {
    throw notAChange(bytes, cause)
  }
}

function isChange(value: unknown): value is RegistryChange {
  if (typeof value !== 'object' || value === null) return false
  const { kind, device, metric, token, name, sha256 } = value as Record<string, unknown>
  if (kind === 'device') return hasText(device, 'name') && hasText(device, 'tier')
  if (kind === 'metric') return hasText(metric, 'name') && hasText(metric, 'unit')
  if (kind === 'token') return hasText(token, 'sha256') && hasText(token, 'scope')
  return (
    (kind === 'device-removed' && typeof name === 'string') ||
    (kind === 'token-removed' && typeof sha256 === 'string')
  )
}

const hasText = (value: unknown, key: string): boolean =>
  typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[key] === 'string'

const notAChange = (bytes: Uint8Array, cause?: unknown): MillraceError =>
  new MillraceError(
    'storage-damaged',
    `a note of ${bytes.length} bytes is not a change of the registry`,
    { bytes: bytes.length },
    cause,
  )
