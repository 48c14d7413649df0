/**
 * What may be said of a device and within which bounds. Properties come from three places: said explicitly, from the
 * first rule whose pattern matches the name, from the defaults; the earlier wins, attributes key by key.
 */
import { z } from 'zod'
import type { Device, DeviceProperties } from '../../core/device.ts'
import { TIERS } from '../../core/tiers.ts'
import { type ErrorCode, MillraceError } from '../../core/errors.ts'
import { explain, keysAllowed } from '../../core/explain.ts'

/** Everything about a device but who it is. */
export type CompleteProperties = Omit<Device, 'name' | 'id'>

const MAX_TENANT = 128
const MAX_ATTRIBUTES = 64
const MAX_ATTRIBUTE_NAME = 128
const MAX_ATTRIBUTE_TEXT = 1024
const FORBIDDEN_ATTRIBUTE = '__proto__'

const NO_ATTRIBUTES = Object.freeze({})

export const NOTHING_KNOWN: Omit<CompleteProperties, 'tier'> = {
  region: '',
  tenant: '',
  lat: null,
  lon: null,
  attributes: NO_ATTRIBUTES,
}

/** The check of DeviceProperties in a fleet with these regions. */
export function propertiesCheck(regions: readonly string[]) {
  const schema = propertiesSchema(regions)
  return (properties: unknown, path: string, code: ErrorCode): DeviceProperties => {
    const result = schema.safeParse(properties, { reportInput: true })
    if (result.success) return result.data as DeviceProperties
    throw new MillraceError(code, explain(result.error, path), { path })
  }
}

function propertiesSchema(regions: readonly string[]) {
  const shape = {
    tier: z.enum(TIERS, { error: TIERS.join(', ') }),
    region: z.enum(['', ...regions], { error: ['"" (found from its position)', ...regions].join(', ') }),
    tenant: z.string({ error: 'text' }).max(MAX_TENANT, { error: `at most ${MAX_TENANT} characters` }),
    lat: degrees(90),
    lon: degrees(180),
    attributes: attributes(),
  }
  return z.strictObject(shape, { error: keysAllowed(shape) }).partial()
}

function degrees(limit: number) {
  const error = `a number from -${limit} to ${limit}, or null`
  return z.number({ error }).min(-limit, { error }).max(limit, { error }).nullable()
}

function attributes() {
  const text = z.string().max(MAX_ATTRIBUTE_TEXT)
  const scalar = z.union([text, z.number(), z.boolean()], {
    error: `a finite number, a boolean or text of at most ${MAX_ATTRIBUTE_TEXT} characters`,
  })
  const error = `a name of 1 to ${MAX_ATTRIBUTE_NAME} characters, not ${FORBIDDEN_ATTRIBUTE}`
  const name = z.string().min(1, { error }).max(MAX_ATTRIBUTE_NAME, { error })
  const scalars = z
    .record(name, scalar, { error: 'an object of scalars' })
    .refine((given) => Object.keys(given).length <= MAX_ATTRIBUTES, {
      error: `at most ${MAX_ATTRIBUTES} attributes`,
    })
  // zod leaves this one key out without a word, so it is looked for before
  return z
    .unknown()
    .refine((given) => !(given instanceof Object && Object.hasOwn(given, FORBIDDEN_ATTRIBUTE)), { error })
    .pipe(scalars)
}

/** `base` with what is said explicitly put over it. Shares the attributes of `base` where nothing is said of them. */
export function overlay(base: CompleteProperties, explicit: DeviceProperties): CompleteProperties {
  return {
    tier: explicit.tier ?? base.tier,
    region: explicit.region ?? base.region,
    tenant: explicit.tenant ?? base.tenant,
    lat: explicit.lat === undefined ? base.lat : explicit.lat,
    lon: explicit.lon === undefined ? base.lon : explicit.lon,
    attributes:
      explicit.attributes === undefined
        ? base.attributes
        : Object.freeze({ ...base.attributes, ...explicit.attributes }),
  }
}

/** Half a position is none: throws unless `lat` and `lon` are both there or both not. */
export function checkPosition({ lat, lon }: CompleteProperties, path: string, code: ErrorCode): void {
  if ((lat === null) === (lon === null)) return
  const [given, missing] = lat === null ? ['lon', 'lat'] : ['lat', 'lon']
  throw new MillraceError(
    code,
    `${path}: ${given} without ${missing} is not allowed; allowed: both or neither`,
    { path },
  )
}
