import { readFileSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'
import { MillraceError } from '../core/errors.ts'
import { MAX_WORKERS } from '../core/limits.ts'
import { TIERS, type Tier } from '../core/tiers.ts'
import type { KnownDevice } from '../history/device-list.ts'
import { durationMs } from '../history/duration.ts'
import type { FormatKind } from '../history/input/chunk.ts'
import { FORMAT_KINDS } from '../history/input/open-input.ts'

/** What commander makes of the arguments of `millrace run`. */
export interface RunOptions {
  readonly input: readonly string[]
  readonly format?: FormatKind
  readonly map?: string
  readonly output: string
  readonly outputFormat?: 'ndjson' | 'csv'
  readonly topic?: string
  readonly threads?: number
  readonly devices?: string
  readonly metrics?: string
  readonly tier: Tier
  readonly from?: number
  readonly to?: number
  readonly lateness?: number
  readonly config?: string
  readonly json?: boolean
}

export function threadsOf(text: string): number {
  const threads = Number(text)
  if (Number.isInteger(threads) && threads >= 1 && threads <= MAX_WORKERS) return threads
  throw new InvalidArgumentError(`a whole number from 1 to ${MAX_WORKERS}, please.`)
}

export function timeOf(text: string): number {
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw new InvalidArgumentError('a time such as 2027-01-01T00:00:00Z or milliseconds since 1970, please.')
}

export function latenessOf(text: string): number {
  const ms = durationMs(text)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('a duration such as 30s, 5m or 1h, please.')
}

export const oneOf =
  <T extends string>(allowed: readonly T[]) =>
  (text: string): T => {
    if ((allowed as readonly string[]).includes(text)) return text as T
    throw new InvalidArgumentError(`one of ${allowed.join(', ')}, please.`)
  }

export const formatOf = oneOf(FORMAT_KINDS)
export const outputFormatOf = oneOf(['ndjson', 'csv'] as const)
export const tierOf = oneOf(TIERS)

/** Devices as `POST /v1/devices` takes them, or as an object by name. */
export function readDevices(path: string): KnownDevice[] {
  const json = readJson(path)
  const devices: unknown[] = Array.isArray(json)
    ? json
    : Object.entries(json).map(([name, properties]) => ({ ...(properties as object), name }))
  devices.forEach((device, i) => checkDevice(path, device, i))
  return devices as KnownDevice[]
}

function checkDevice(path: string, device: unknown, i: number): void {
  const { name, tier, region, tenant, attributes } = (device ?? {}) as Record<string, unknown>
  const wrong = (what: string): never => {
    throw new MillraceError('bad-config', `${path}: device ${i}: ${what}`, { path })
  }
  if (typeof name !== 'string' || name === '') wrong('name must be a string that is not empty')
  if (tier !== undefined && !(TIERS as readonly unknown[]).includes(tier))
    wrong(`tier must be one of ${TIERS.join(', ')}`)
  for (const [key, value] of Object.entries({ region, tenant }))
    if (value !== undefined && typeof value !== 'string') wrong(`${key} must be a string`)
  if (attributes !== undefined && (typeof attributes !== 'object' || attributes === null))
    wrong('attributes must be an object')
}

/** The metrics dictionary as `GET /v1/metrics-dictionary` answers, or names with ids alone. */
export function readDictionary(path: string): [number, string][] {
  return Object.entries(readJson(path)).map(([name, entry]: [string, unknown]): [number, string] => {
    const id: unknown = typeof entry === 'object' && entry !== null && 'id' in entry ? entry.id : entry
    if (typeof id === 'number' && Number.isInteger(id) && id > 0 && id < 65_536) return [id, name]
    throw new MillraceError(
      'bad-config',
      `${path}: the id of ${name} must be a whole number from 1 to 65535`,
      { path },
    )
  })
}

function readJson(path: string): object {
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof json === 'object' && json !== null) return json
  } catch (error) {
    throw new MillraceError('bad-config', `${path}: ${(error as Error).message}`, { path }, error)
  }
  throw new MillraceError('bad-config', `${path}: must hold a list or an object`, { path })
}
