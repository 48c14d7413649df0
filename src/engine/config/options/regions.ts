import { z } from 'zod'
import { MAX_GEOHASH_CHARACTERS, MAX_REGION_NAME, MAX_REGIONS } from '../../../core/limits.ts'
import { name } from './values.ts'

const prefix = z
  .string()
  .regex(new RegExp(`^[0-9b-hjkmnp-z]{1,${MAX_GEOHASH_CHARACTERS}}$`))
  .meta({
    'x-allowed': `1 to ${MAX_GEOHASH_CHARACTERS} characters of geohash base32 (0-9 and b-z without i, l and o)`,
  })

/** What positions outside of all regions are in. */
const UNASSIGNED = 'unassigned'

const regionName = name(MAX_REGION_NAME)
  .refine((given) => given !== UNASSIGNED)
  .meta({
    description: 'Name of the region.',
    'x-allowed': `a name of 1 to ${MAX_REGION_NAME} characters other than ${UNASSIGNED}`,
  })

/** Geographic processing areas; giving `regions` replaces the built-in table. */
export const regionsOptions = z
  .array(
    z.strictObject({
      name: regionName,
      geohash: z.array(prefix).min(1).meta({
        description:
          'Geohash prefixes of its cells. Of overlapping ones the longer wins, of equal ones the later.',
      }),
    }),
  )
  .max(MAX_REGIONS)
