import { TIERS } from '../../core/tiers.ts'
import type { ChunkReading } from './chunk-reading.ts'
import type { FieldNames } from './columns.ts'
import { NO_REGION, NO_TIER } from './scan.layout.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
const ALLOWED_TIME = 'milliseconds since 1970 or a date such as 2027-01-01T00:00:00Z'

/** A reading as values that anything can be wrong with: takes it, or says what is wrong. The slow way, for all text formats. */
export type LooseReading = Readonly<Record<string, unknown>>

export function takeLoose(reading: LooseReading, { names, fixed }: FieldNames, into: ChunkReading): string {
  const device = fixed.device ?? reading[names.device]
  const metric = fixed.metric ?? reading[names.metric]
  const deviceNumber = typeof device === 'string' ? numberOf(device, (...name) => into.device(...name)) : -1
  if (deviceNumber < 0) return wrong(names.device, device, 'a string of 1 to 256 characters')
  const metricNumber = typeof metric === 'string' ? numberOf(metric, (...name) => into.metric(...name)) : -1
  if (metricNumber < 0) return wrong(names.metric, metric, 'a string of 1 to 256 characters')
  const value = reading[names.value]
  if (typeof value !== 'number' && typeof value !== 'boolean')
    return wrong(names.value, value, 'a number or a boolean')
  const time = timeOf(reading[names.time])
  if (time === undefined) return wrong(names.time, reading[names.time], ALLOWED_TIME)
  const lat = degreesOf(reading[names.lat], 90)
  if (lat === undefined) return wrong(names.lat, reading[names.lat], 'a number from -90 to 90')
  const lon = degreesOf(reading[names.lon], 180)
  if (lon === undefined) return wrong(names.lon, reading[names.lon], 'a number from -180 to 180')
  const tier = tierOf(reading[names.tier])
  if (tier === undefined) return wrong(names.tier, reading[names.tier], TIERS.join(', '))
  const region = regionOf(reading[names.region], into)
  if (region < 0) return wrong(names.region, reading[names.region], 'a string; at most 254 different ones')
  into.row.set([Number(value), time, lat, lon])
  return into.put(deviceNumber, metricNumber, region, tier)
}

function numberOf(name: string, find: (bytes: Uint8Array, from: number, to: number) => number): number {
  const bytes = encoder.encode(name)
  return find(bytes, 0, bytes.length)
}

function timeOf(time: unknown): number | undefined {
  if (typeof time === 'number') return time
  const parsed = typeof time === 'string' ? Date.parse(time) : NaN
  return Number.isNaN(parsed) ? undefined : parsed
}

function degreesOf(degrees: unknown, limit: number): number | undefined {
  if (degrees === undefined || degrees === null) return NaN
  return typeof degrees === 'number' && Math.abs(degrees) <= limit ? degrees : undefined
}

function tierOf(tier: unknown): number | undefined {
  if (tier === undefined || tier === null) return NO_TIER
  const index = (TIERS as readonly unknown[]).indexOf(tier)
  return index < 0 ? undefined : index
}

function regionOf(region: unknown, into: ChunkReading): number {
  if (region === undefined || region === null) return NO_REGION
  return typeof region === 'string' ? numberOf(region, (...name) => into.region(...name)) : -1
}

function wrong(name: string, value: unknown, allowed: string): string {
  if (value === undefined) return `"${name}" is missing`
  const text = JSON.stringify(value)
  return `"${name}" must be ${allowed}, not ${text.length > 64 ? `${text.slice(0, 64)}…` : text}`
}

/** The text at `from` … `to`; undefined = not valid UTF-8. */
export function decodedText(bytes: Uint8Array, from: number, to: number): string | undefined {
  try {
    // a decoder doesn't take views of shared memory: a slice is a copy
    return decoder.decode(bytes.slice(from, to))
  } catch {
    return undefined
  }
}
