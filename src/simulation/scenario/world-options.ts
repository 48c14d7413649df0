/** What does the work, and what goes wrong with it. */
import { z } from 'zod'
import { degradationOptions, policyOptions } from '../../engine/config/options/scaling.ts'
import * as v from './values.ts'

export const poolOptions = z.strictObject({
  name: z.string().min(1).max(64).default('pool').meta({ description: 'Name of the pool.' }),
  unit: z.enum(['worker', 'node']).default('node').meta({ description: 'What it is counted in.' }),
  regions: z
    .array(z.string())
    .min(1)
    .optional()
    .meta({ description: 'Regions it serves; all when left out.' }),
  workers: z.int().min(1).max(64).default(4).meta({ description: 'Workers of a node.' }),
  serviceRate: v
    .rate('Readings per second that a worker does; as measured (--calibrate) when left out.')
    .optional(),
  spread: v.share('Standard deviation of what is measured as the service rate.').prefault(0.02),
  start: v.durations('From the request of a unit to its first reading; as measured for workers.').optional(),
  detect: v.offset('Until a unit that is lost is noticed and another one asked for.').prefault('10s'),
  units: z.int().min(0).max(10_000).default(1).meta({ description: 'Units at the start.' }),
  backlog: v.count('Readings that one node has room for; a pool of workers is one node.').prefault(8_000_000),
  baseLatency: v.offset('What a reading takes when nothing is in its way.').prefault('2ms'),
  durability: z.enum(['memory', 'journal']).default('journal').meta({
    description: 'With a journal a crashed node loses nothing: what waited in it is done by others.',
  }),
  senders: z
    .strictObject({
      keep: v
        .offset('Readings that senders keep, as time at the usual rate; older ones are lost.')
        .prefault('10m'),
      retry: v.duration('When they send again what was refused.').prefault('2s'),
    })
    .prefault({}),
  shares: z
    .strictObject({
      premium: z.number().gt(0).default(70),
      standard: z.number().gt(0).default(25),
      bulk: z.number().gt(0).default(5),
    })
    .prefault({})
    .meta({ description: 'Shares of the tiers under overload, as in the configuration of an engine.' }),
  policy: policyOptions.prefault({ min: 1, max: 16 }).meta({
    description: 'The scaling policy: bounds, and what an engine has in scaling.pool.',
  }),
  degradation: degradationOptions.prefault({}).meta({
    description: 'Degraded mode: the ladder, and what an engine has in scaling.degradation.',
  }),
  spares: z
    .strictObject({
      'longer-slices': v.share('Of all work.').prefault(0),
      'micro-batches': v.share('Of the work of readings that are held back.').prefault(0),
      'no-early-results': v.share('Of all work.').prefault(0),
      pipelines: z
        .record(z.string(), v.share('Of all work: what the pipeline takes of it.'))
        .default({})
        .meta({ description: 'Pipelines that the ladder may pause.' }),
    })
    .prefault({})
    .meta({ description: 'Work that the rungs of the ladder spare; nothing when left out.' }),
  failover: z
    .strictObject({
      to: z.string().meta({ description: 'Pool that takes over.' }),
      after: v.offset('How long that takes.').prefault('30s'),
    })
    .optional()
    .meta({ description: 'Where devices go when the pool is down.' }),
})

const pool = z.string().optional().meta({ description: 'Name of the pool; the first one when left out.' })
const at = v.durations('When it begins.')
const lasting = v.durations('How long it lasts.')

export const FAULTS = {
  crash: z
    .strictObject({ pool, at, units: v.counts('Units that die at once.').prefault(1) })
    .optional()
    .meta({ description: 'Workers or nodes die.' }),
  down: z
    .strictObject({ pool, at, for: lasting })
    .optional()
    .meta({ description: 'All units of a pool are gone, and none starts.' }),
  outage: z
    .strictObject({
      region: z.string().optional().meta({ description: 'Region that is cut off; all when left out.' }),
      at,
      for: lasting,
      noticed: z.boolean().default(true).meta({ description: 'Whether the engine knows of it.' }),
      keeps: v.share('Share of the readings that devices keep and send afterwards.').prefault(0),
      over: v.duration('How long they take for that.').prefault('1m'),
    })
    .optional()
    .meta({ description: 'Devices of a region do not get through.' }),
  api: z
    .strictObject({
      ...{ pool, at, for: lasting },
      slow: v.duration('How long each request takes; without it every request fails.').optional(),
    })
    .optional()
    .meta({ description: "The cloud's API is slow or down." }),
  partial: z
    .strictObject({ pool, at, for: lasting, most: v.count('Units that there can be.') })
    .optional()
    .meta({ description: 'The cloud has no more than so many units.' }),
  slow: z
    .strictObject({ pool, at, for: lasting, times: v.factors('Factor on the service rate.') })
    .optional()
    .meta({ description: 'Every unit does less (a noisy neighbour, a slow disk).' }),
}

export const faultOptions = z.strictObject({
  ...FAULTS,
  chance: v.share('How likely it is, seed by seed.').prefault(1),
})

export const anomalyOptions = z.strictObject({
  at,
  for: lasting,
  region: z.string().optional().meta({ description: 'Where; everywhere when left out.' }),
  groups: z.array(z.string()).optional().meta({ description: 'Groups it is about; all when left out.' }),
  devices: v.shares('Share of the devices whose readings are abnormal.'),
  cost: z
    .number()
    .min(1)
    .max(1000)
    .default(4)
    .meta({ description: 'What an anomaly event costs, in readings.' }),
  escalates: z
    .boolean()
    .default(true)
    .meta({ description: 'Whether their readings become critical meanwhile.' }),
  cascade: z
    .strictObject({
      waves: z.int().min(2).max(100).meta({ description: 'Waves in all.' }),
      every: v.duration('Time between two.'),
      times: z.number().gt(0).max(100).default(1.5).meta({ description: 'How much larger each is.' }),
    })
    .optional()
    .meta({ description: 'One leads to the next.' }),
  chance: v.share('How likely it is, seed by seed.').prefault(1),
})

export const maintenanceOptions = z.strictObject({
  name: z.string().min(1).max(64).meta({ description: 'Name of the operation.' }),
  pool,
  at: v.durations('When it is to start.'),
  rrule: z.string().max(500).default('').meta({
    description: 'When it comes again after that, as RFC 5545 has it; once when left out.',
    'x-allowed': 'a rule such as FREQ=WEEKLY;BYDAY=SU',
  }),
  timezone: v.zone('By whose clocks it comes again.').default('UTC'),
  after: z
    .array(z.string())
    .default([])
    .meta({ description: 'Operations of this pool, named before, that must be over.' }),
  for: v.durations('How long it takes when all goes well.'),
  window: v.duration('What is reserved for it; see margin when left out.').optional(),
  capacity: v.share('What it needs, as a share of the capacity.'),
  use: z
    .enum(['operation', 'idle'])
    .default('operation')
    .meta({ description: 'Whether the operation works on the reserved units, or they are kept free.' }),
  asked: v.offset('When it is asked for.').prefault('0s'),
  silences: v.share('Share of the devices that say nothing meanwhile.').prefault(0),
  fails: z.int().min(0).max(10).default(0).meta({ description: 'Attempts that fail half way.' }),
  overruns: v.durations('How much longer it takes than it was to.').prefault('0s'),
  margin: z
    .number()
    .min(1)
    .max(10)
    .default(1.1)
    .meta({ description: 'What is reserved when no window is given, as a multiple of the time.' }),
  lead: v.offset('The capacity is there so long before.').prefault('2m'),
  pause: v.duration('From a failure to the next attempt, at first.').prefault('2m'),
  retries: z.int().min(0).max(20).default(3).meta({ description: 'Attempts after the first.' }),
})

export type PoolOptions = z.output<typeof poolOptions>
export type FaultOptions = z.output<typeof faultOptions>
export type AnomalyOptions = z.output<typeof anomalyOptions>
export type MaintenanceOptions = z.output<typeof maintenanceOptions>
