import { z } from 'zod'
import { MAX_METRIC_NAME } from '../../../core/limits.ts'
import { MAX_CELL_CHARACTERS } from '../../../incidents/geohash-grid.ts'
import { name, tier, whole } from './values.ts'

const MAX_CORRELATIONS = 16
const MAX_DIMENSIONS = 4
const DAY_MS = 86_400_000

const plainName = (of: string) =>
  z
    .string()
    .regex(/^[A-Za-z][\w-]{0,63}$/)
    .meta({
      description: `Name of the ${of}.`,
      'x-allowed': 'a letter and up to 63 letters, digits, _ and -',
    })

const attribute = z.templateLiteral(['attribute:', z.string().min(1)])

const dimensionList = <Kind extends z.ZodType>(kind: Kind, words: string) =>
  z
    .array(kind)
    .max(MAX_DIMENSIONS)
    .default([])
    .meta({
      description: 'What they have in common; who lacks it is left aside.',
      'x-allowed': `at most ${MAX_DIMENSIONS} of ${words} and attribute:<name>`,
      'x-default': 'none',
    })

const metrics = z.array(name(MAX_METRIC_NAME)).default([]).meta({
  description: 'Only anomalies of these metrics.',
  'x-default': 'of all',
})

const near = (fallback: number) =>
  whole(
    0,
    MAX_CELL_CHARACTERS,
    fallback,
    'Length of the geohashes whose cells, and those around them, are close (4: 39 × 20 km, 5: 5 km, 6: 1.2 km); 0: place is no matter.',
  )

const correlation = z.strictObject({
  name: plainName('correlation'),
  near: near(0),
  by: dimensionList(z.union([z.enum(['tenant', 'region', 'metric']), attribute]), 'tenant, region, metric'),
  metrics,
  withinMs: whole(1, DAY_MS * 30, 60_000, 'Anomalies so far apart (event time) belong together.'),
  minMembers: whole(2, 1_000_000, 3, 'Devices that make an incident.'),
  quietMs: whole(1, DAY_MS * 30, 120_000, 'It ends when all its members have been normal for so long.'),
  silenceMs: whole(
    1,
    DAY_MS * 365,
    3_600_000,
    'It ends when nothing was heard of it for so long, whether its members are normal or not.',
  ),
  latenessMs: whole(0, DAY_MS, 10_000, 'Anomalies may come this much out of order.'),
})

/** What makes one incident of many anomalies. */
export const incidentsOptions = z.strictObject({
  correlations: z.array(correlation).max(MAX_CORRELATIONS).default([]).meta({
    description: 'Which anomalies belong together; each correlation makes incidents of its own.',
    'x-default': 'none',
  }),
  groupAlerts: z.boolean().default(true).meta({
    description: "Whether alerts of an incident's members are told as part of it only.",
  }),
  maxOpen: whole(
    1,
    10_000,
    1000,
    'Open incidents of a correlation; beyond, the one quiet for longest ends (`evicted`).',
  ),
  maxTracked: whole(
    10,
    10_000_000,
    250_000,
    'Devices a correlation watches; beyond, those give way that are in no incident, then new ones are only counted.',
  ),
  listedMembers: whole(1, 10_000, 100, 'Members of an incident that are listed, the first ones.'),
  history: whole(0, 100_000, 1000, 'Ended incidents kept to be looked at.'),
})

const escalationRule = z.strictObject({
  name: plainName('rule'),
  near: near(0),
  ring: whole(0, 8, 1, 'So many rows and columns of cells around that of the anomaly.'),
  by: dimensionList(z.union([z.enum(['tenant', 'region']), attribute]), 'tenant, region'),
  metrics,
  tier: tier().default('premium').meta({ description: 'What lower tiers are raised to.' }),
  forMs: whole(100, DAY_MS * 7, 300_000, 'For so long after the last anomaly, give or take a quarter.'),
})

/** Whose tier an anomaly raises. */
export const escalationOptions = z.strictObject({
  rules: z.array(escalationRule).max(MAX_CORRELATIONS).default([]).meta({
    description:
      'Registered devices, near (`near`) or of one group (`by`), that an anomaly raises for a time.',
    'x-default': 'none',
  }),
  maxDevices: whole(1, 1_000_000, 1000, 'Devices raised at once.'),
  maxShare: z.number().gt(0).max(1).default(0.05).meta({
    description: 'The same as a share of all registered devices; one is always allowed.',
  }),
})
