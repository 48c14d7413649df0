import { z } from 'zod'
import { MAX_GEOHASH_CHARACTERS, MAX_REGIONS } from '../../../core/limits.ts'
import { name } from './values.ts'

const prefix = z
  .string()
  .regex(new RegExp(`^[0-9b-hjkmnp-z]{1,${MAX_GEOHASH_CHARACTERS}}$`))
  .meta({
    'x-allowed': `1 to ${MAX_GEOHASH_CHARACTERS} characters of geohash base32 (0-9 and b-z without i, l and o)`,
  })

/** Geographic processing areas; giving `regions` replaces the built-in table. */
export const regionsOptions = z
  .array(
    z.strictObject({
      name: name().meta({ description: 'Name of the region.' }),
      geohash: z
        .array(prefix)
        .min(1)
        .meta({ description: 'Geohash prefixes of its cells. Where entries overlap, the later one wins.' }),
    }),
  )
  .max(MAX_REGIONS)
