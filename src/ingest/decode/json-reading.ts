import { seriesHigh, seriesLow } from '../../core/ids.ts'
import { MAX_NAME_LENGTH, type NameResolver } from '../../core/names.ts'
import {
  MALFORMED_CAUSES,
  REFUSAL_REASONS,
  type MalformedCause,
  type RefusalReason,
} from '../../core/refusal.ts'
import {
  MAX_LAT,
  MAX_LON,
  POSITION_ABSENT,
  READING_LAT,
  READING_LON,
  READING_TIME,
  READING_VALUE,
} from '../../memory/layout/reading.layout.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'

/** Why one reading of a message was not taken. */
export interface ReadingFault {
  /** Position in the message. */
  readonly index: number
  readonly malformed: boolean
  /** Index into MALFORMED_CAUSES or REFUSAL_REASONS. */
  readonly code: number
  readonly message: string
}

/** A reading as JSON.parse gives it, before anything is known of it. */
interface Candidate {
  readonly device: unknown
  readonly metric: unknown
  readonly value: unknown
  readonly time: unknown
  readonly lat: unknown
  readonly lon: unknown
}

const UNITS_PER_DEGREE = 1e7

/**
 * Writes one JSON reading as 32 bytes. Types are checked here; what a number may be (finite, on the globe, not in
 * the future) is checked for all readings alike by the route kernel, so positions are only kept from wrapping.
 */
export class JsonReadingWriter {
  readonly #memory: SharedMemory
  readonly #names: NameResolver

  constructor(memory: SharedMemory, names: NameResolver) {
    this.#memory = memory
    this.#names = names
  }

  /** Writes the reading at `address` (a multiple of 8), or says why not. */
  write(candidate: unknown, index: number, address: number): ReadingFault | null {
    if (typeof candidate !== 'object' || candidate === null || Array.isArray(candidate)) {
      return malformed(index, 'type', `must be an object, not ${kindOf(candidate)}`)
    }
    const { device, metric, value, time, lat, lon } = candidate as Candidate
    if (!isName(device) || !isName(metric) || !isValue(value))
      return wrongMember(candidate as Candidate, index)
    if (!isOptionalNumber(time) || !isOptionalNumber(lat) || !isOptionalNumber(lon)) {
      return wrongMember(candidate as Candidate, index)
    }
    const unknown = unknownMember(candidate)
    if (unknown !== '') return malformed(index, 'json', unknown)
    const deviceId = this.#names.deviceId(device)
    if (deviceId === 0) return unknownDevice(index, device)
    const metricId = this.#names.metricId(metric)
    if (metricId === 0) return unknownMetric(index, metric)
    this.put(address, deviceId, metricId, Number(value), time ?? NaN, lat ?? NaN, lon ?? NaN)
    return null
  }

  /** Writes what has been checked; NaN = left out. */
  put(
    address: number,
    deviceId: number,
    metricId: number,
    value: number,
    time: number,
    lat: number,
    lon: number,
  ): void {
    const { i32, f64 } = this.#memory
    i32[address >>> 2] = seriesLow(deviceId, metricId)
    i32[(address + 4) >>> 2] = seriesHigh(deviceId)
    f64[(address + READING_TIME) >>> 3] = time
    f64[(address + READING_VALUE) >>> 3] = value
    i32[(address + READING_LAT) >>> 2] = toUnits(lat, MAX_LAT)
    i32[(address + READING_LON) >>> 2] = toUnits(lon, MAX_LON)
  }
}

export const unknownDevice = (index: number, name: string): ReadingFault =>
  refused(index, 'unknown-device', `device ${JSON.stringify(name)} is not admitted`)

export const unknownMetric = (index: number, name: string): ReadingFault =>
  refused(index, 'unknown-metric', `metric ${JSON.stringify(name)} is not admitted`)

/** Degrees as 1e-7 degree, NaN as none; what is beyond the globe becomes the first value beyond it. */
function toUnits(degrees: number, limit: number): number {
  if (Number.isNaN(degrees)) return POSITION_ABSENT
  const units = Math.round(degrees * UNITS_PER_DEGREE)
  return units > limit ? limit + 1 : units < -limit ? -limit - 1 : units
}

const isName = (member: unknown): member is string =>
  typeof member === 'string' && member.length > 0 && member.length <= MAX_NAME_LENGTH

const isValue = (member: unknown): member is number | boolean =>
  typeof member === 'number' || typeof member === 'boolean'

const isOptionalNumber = (member: unknown): member is number | undefined =>
  member === undefined || typeof member === 'number'

/** The fault of the first member that is missing or of the wrong type. */
function wrongMember(candidate: Candidate, index: number): ReadingFault {
  for (const name of ['device', 'metric'] as const) {
    const member = candidate[name]
    if (isName(member)) continue
    if (member === undefined) return missing(candidate, index, name)
    const what = typeof member === 'string' ? `a string of ${member.length} characters` : kindOf(member)
    return malformed(
      index,
      'type',
      `"${name}" must be a string of 1 to ${MAX_NAME_LENGTH} characters, not ${what}`,
    )
  }
  if (candidate.value === undefined) return missing(candidate, index, 'value')
  if (!isValue(candidate.value)) {
    return malformed(index, 'type', `"value" must be a number or a boolean, not ${kindOf(candidate.value)}`)
  }
  const name = (['time', 'lat', 'lon'] as const).find((optional) => !isOptionalNumber(candidate[optional]))
  return malformed(index, 'type', `"${name}" must be a number or left out, not ${kindOf(candidate[name!])}`)
}

/** A misspelt member says more than the one that is missing for it. */
function missing(candidate: object, index: number, name: string): ReadingFault {
  const unknown = unknownMember(candidate)
  return malformed(index, 'json', unknown === '' ? `"${name}" is missing` : unknown)
}

function unknownMember(candidate: object): string {
  for (const name in candidate) {
    switch (name) {
      case 'device':
      case 'metric':
      case 'value':
      case 'time':
      case 'lat':
      case 'lon':
        continue
      default:
        return `${JSON.stringify(name.slice(0, 64))} is not a member of a reading (device, metric, value, time, lat, lon)`
    }
  }
  return ''
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

const malformed = (index: number, cause: MalformedCause, message: string): ReadingFault => ({
  index,
  malformed: true,
  code: MALFORMED_CAUSES.indexOf(cause),
  message: `${cause}: reading ${index}: ${message}`,
})

const refused = (index: number, reason: RefusalReason, message: string): ReadingFault => ({
  index,
  malformed: false,
  code: REFUSAL_REASONS.indexOf(reason),
  message: `${reason}: reading ${index}: ${message}`,
})
