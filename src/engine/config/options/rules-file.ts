/** What a file of rules may say; docs/rules.md is written from it. */
import { z } from 'zod'
import { MAX_METRIC_NAME } from '../../../core/limits.ts'
import { durationMs } from '../../../pipelines/builder/duration.ts'
import { attributes, name, tier } from './values.ts'

const MOST_RULES = 10_000

const duration = (description: string) =>
  z
    .union([z.number(), z.string()])
    .refine((given) => (durationMs(given) ?? -1) > 0)
    .transform((given) => durationMs(given) ?? 0)
    .meta({ description, 'x-allowed': 'a duration of more than 0, such as 30s, 5m or 1h30m' })

const limit = (description: string) => z.number().optional().meta({ description })
const hysteresis = z.number().min(0).default(0).meta({
  description: 'It is over when the number is back inside by so much.',
})
const band = {
  above: limit('It holds above this.'),
  below: limit('It holds below this.'),
  hysteresis,
}
const names = (longest: number, what: string) =>
  z
    .union([name(longest), z.array(name(longest)).min(1)])
    .transform((given) => (typeof given === 'string' ? [given] : given))
    .meta({ description: what, 'x-allowed': 'a name, or a list of names' })

const position = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]).rest(z.number())
const ring = z.array(position).min(4)
const geometry = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('Polygon'), coordinates: z.array(ring).min(1) }),
    z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(z.array(ring).min(1)).min(1) }),
  ])
  .meta({
    description: 'GeoJSON (RFC 7946).',
    'x-allowed': 'a GeoJSON Polygon or MultiPolygon: rings of at least four [longitude, latitude]',
  })

const members = (description: string) =>
  z.array(z.string()).default([]).meta({ description, 'x-allowed': 'a list of names of rules in this file' })

const part = z
  .string()
  .regex(/^(all|tenant|region|tier|attribute:.+)$/)
  .meta({ 'x-allowed': 'all, tenant, region, tier or attribute:<name>' })

const comparison = {
  group: z
    .union([part, z.array(part).min(1)])
    .transform((given) => (typeof given === 'string' ? [given] : given))
    .optional()
    .meta({
      description: 'Of peers: devices that have these in common are compared; who lacks one is left aside.',
      'x-allowed': 'all, tenant, region, tier, attribute:<name>, or a list of these',
    }),
  over: duration('Of peers: what is compared is what the readings of so long come to.').optional(),
  every: duration('Of peers: how often; `over` when left out, of which it is to be a whole part.').optional(),
  value: z
    .enum(['mean', 'median', 'min', 'max', 'last'])
    .optional()
    .meta({ description: 'Of peers: what readings come to; mean when left out.' }),
  minMembers: z.int().min(3).max(1_000_000).optional().meta({
    description: 'Of peers: smaller groups are not compared; 5 when left out.',
  }),
  minSpread: z.number().min(0).optional().meta({
    description: 'Of peers: a group that is closer together counts as so far apart; 0 when left out.',
  }),
}

const conditions = {
  threshold: z.strictObject(band).optional().meta({ description: 'The value is beyond a limit.' }),
  deviation: z
    .strictObject({
      from: z.enum(['itself', 'peers']).default('itself').meta({
        description: "The series' own running mean, or the middle of the group that the device is of.",
      }),
      ...band,
      ...comparison,
    })
    .optional()
    .meta({ description: 'In deviations, how far a series is from itself or from its peers.' }),
  rate: z
    .strictObject({
      ...band,
      per: duration('The unit of time that the change is of.'),
      over: duration('Readings that are compared are at least so far apart.').default(1),
    })
    .optional()
    .meta({ description: 'The change from one reading to the next is beyond a limit.' }),
  missing: z
    .strictObject({ for: duration('How long nothing has come.') })
    .optional()
    .meta({ description: 'A series from which nothing comes any more.' }),
  flat: z
    .strictObject({
      for: duration('How long it has not changed.'),
      within: z.number().min(0).default(0).meta({ description: 'What still counts as unchanged.' }),
    })
    .optional()
    .meta({ description: 'The value does not change.' }),
  geofence: z
    .strictObject({
      when: z.enum(['inside', 'outside']).meta({ description: 'Where it holds.' }),
      area: geometry,
    })
    .optional()
    .meta({ description: 'The position is inside or outside of an area.' }),
  composite: z
    .strictObject({
      all: members('All of these fire.'),
      any: members('At least one of these fires.'),
      none: members('None of these fires.'),
    })
    .optional()
    .meta({ description: 'What other rules say of the same device.' }),
}

/** Words for the conditions: a rule has one of them. */
export const CONDITIONS = Object.keys(conditions) as (keyof typeof conditions)[]

const rule = z.strictObject({
  name: name(64).meta({ description: 'Unique; alerts bear it.' }),
  metrics: names(MAX_METRIC_NAME, 'Metrics that it looks at; all when left out.').optional(),
  devices: names(256, 'Globs over names of devices; all when left out.').optional(),
  tiers: z.array(tier()).default([]).meta({ description: 'Tiers of devices; all when empty.' }),
  regions: z.array(z.string()).default([]).meta({ description: 'Regions of readings; all when empty.' }),
  tenants: z.array(z.string()).default([]).meta({ description: 'Tenants of devices; all when empty.' }),
  attributes: attributes().default({}),
  ...conditions,
  for: duration('The condition must hold so long before the alert fires; at once when left out.').optional(),
  severity: z
    .enum(['low', 'medium', 'high', 'critical'])
    .default('medium')
    .meta({ description: 'How bad it is.' }),
  message: z.string().max(1024).optional().meta({
    description: 'With {rule}, {key}, {device}, {metric}, {value}, {region} and {tier}.',
  }),
  labels: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/), z.string().max(256))
    .default({})
    .meta({
      description: 'What alerts bear besides, for receivers.',
      'x-allowed': 'names of letters, digits and _, each with a text',
    }),
  showsPending: z.boolean().default(false).meta({
    description: 'While it waits for its `for`, its alert is there as pending.',
  }),
  silent: z.boolean().default(false).meta({ description: 'Tells nobody: it is there for composite rules.' }),
})

/** A whole file. */
export const rulesFile = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/)
    .optional()
    .meta({
      description: 'Of the pipeline that it becomes; `rules-` and the name of the file when left out.',
      'x-allowed': 'up to 64 letters, digits, "-", "_" and "."',
    }),
  stateBytes: z
    .int()
    .min(1 << 20)
    .max(2 ** 36)
    .default(64 << 20)
    .meta({ description: 'What rules may remember of all series together.' }),
  rules: z.array(rule).min(1).max(MOST_RULES),
})

export type WrittenRule = z.output<typeof rule>
