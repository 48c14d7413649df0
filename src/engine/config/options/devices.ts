import { z } from 'zod'
import { MAX_DEVICE_NAME, MAX_REGION_NAME, MAX_TENANT_NAME } from '../../../core/limits.ts'
import { attributes, name, nameOrNone, tier } from './values.ts'

const glob = name(MAX_DEVICE_NAME).meta({
  description: 'Glob on device names, such as `pump-*`.',
  'x-allowed': 'a glob of at most 256 characters, such as pump-* or {north,south}/**',
})

/** What devices are taken for by their name; the first rule that matches wins. */
export const rulesOptions = z.array(
  z.strictObject({
    match: glob,
    tier: tier().optional().meta({ description: 'Their tier.', 'x-default': '`tiers.default`' }),
    region: nameOrNone(MAX_REGION_NAME)
      .default('')
      .meta({ description: "Their home region, one of `regions`; '' = from their position." }),
    tenant: nameOrNone(MAX_TENANT_NAME).default('').meta({ description: "Who they belong to; '' = nobody." }),
    attributes: attributes().default({}),
  }),
)

const degrees = (limit: number, description: string) =>
  z.number().min(-limit).max(limit).nullable().exactOptional().meta({ description })

/** Devices registered at start. What is left out comes from `rules` and then from defaults. */
export const devicesOptions = z.array(
  z.strictObject({
    name: name(MAX_DEVICE_NAME).meta({ description: 'Its name.' }),
    tier: tier().exactOptional().meta({ description: 'Its tier.' }),
    region: nameOrNone(MAX_REGION_NAME)
      .exactOptional()
      .meta({ description: "Its home region, one of `regions`; '' = from its position." }),
    tenant: nameOrNone(MAX_TENANT_NAME).exactOptional().meta({ description: 'Who it belongs to.' }),
    lat: degrees(90, 'Its latitude in degrees, where readings carry none.'),
    lon: degrees(180, 'Its longitude in degrees.'),
    attributes: attributes().exactOptional(),
  }),
)
