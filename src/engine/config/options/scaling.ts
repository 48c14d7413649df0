import { z } from 'zod'
import { LONGEST_SLICE, SLICE_READINGS } from '../../../memory/layout/lanes.layout.ts'
import { targetOptions } from '../../../scaling/targets/target-kinds.ts'
import { scheduleProblem } from '../../../scaling/policy/schedule.ts'
import { whole } from './values.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const share = (from: number, to: number, fallback: number, description: string) =>
  z.number().min(from).max(to).default(fallback).meta({ description })

const money = (description: string) => z.number().min(0).max(1e9).default(0).meta({ description })

const step = z
  .int()
  .min(1)
  .max(100_000)
  .nullable()
  .default(null)
  .meta({ description: 'Most units that one decision adds or takes away.', 'x-default': 'any number' })

const bound = (description: string) =>
  z.int().min(0).max(100_000).nullable().default(null).meta({ description, 'x-default': 'as always' })

const scheduleEntry = z
  .strictObject({
    name: z.string().min(1).max(64).meta({ description: 'Name of the window, for reasons.' }),
    starts: z.string().meta({ description: 'Local time of the first window, such as 2026-01-05T06:00.' }),
    timezone: z.string().default('UTC').meta({ description: 'IANA time zone, such as Europe/Berlin.' }),
    durationMs: whole(1000, 31 * DAY_MS, 8 * HOUR_MS, 'How long a window is.'),
    rrule: z.string().max(500).default('').meta({
      description: 'Recurrence after RFC 5545, such as FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR.',
      'x-default': 'once',
    }),
    min: bound('Fewest units meanwhile; they are there before it begins.'),
    max: bound('Most units meanwhile.'),
  })
  .refine((entry) => scheduleProblem(entry) === '')
  .meta({
    'x-allowed':
      'a window: `starts` as a local time, `timezone` as an IANA name, `rrule` a recurrence of hours or longer',
  })

const predictive = (leadMs: number) =>
  z.strictObject({
    enabled: z
      .boolean()
      .default(true)
      .meta({ description: 'Whether forecasts count; they only ever add units.' }),
    leadMs: whole(1000, HOUR_MS, leadMs, 'How far ahead capacity must be there.'),
    quantile: share(0.5, 0.999, 0.95, 'Probability with which demand stays within what is planned for.'),
    buffer: share(0, 10, 0, 'Share that is added to the forecast.'),
  })

const scaleOut = (cooldownMs: number) =>
  z.strictObject({
    step,
    cooldownMs: whole(
      0,
      DAY_MS,
      cooldownMs,
      'After units were added none are for so long, unless it is urgent.',
    ),
  })

const scaleIn = (cooldownMs: number, stabilisationMs: number) =>
  z.strictObject({
    step,
    cooldownMs: whole(0, DAY_MS, cooldownMs, 'After any change none are taken away for so long.'),
    stabilisationMs: whole(0, DAY_MS, stabilisationMs, 'The highest need of so long decides.'),
  })

const cost = z.strictObject({
  currency: z.string().max(16).default('').meta({ description: 'For people, such as EUR.' }),
  perUnitHour: money('Price of a unit and hour beyond the reserved ones.'),
  reservedUnits: whole(0, 100_000, 0, 'Units that are paid for whether they are there or not.'),
  perReservedUnitHour: money('Price of one of these and hour.'),
  ceilingPerHour: z
    .number()
    .min(0)
    .max(1e12)
    .nullable()
    .default(null)
    .meta({ description: 'What all units may cost per hour.', 'x-default': 'no ceiling' }),
})

/** What policies of all kinds of pools have, with what is usual for this kind. */
const policyShape = (usual: { leadMs: number; outMs: number; inMs: number; stabilisationMs: number }) => ({
  targetUtilisation: share(0.05, 1, 0.7, 'Share of the time in which units are to be at work.'),
  drainMs: whole(100, HOUR_MS, 2000, 'What waits is to be worked off within this time.'),
  urgentWaitMs: whole(1, HOUR_MS, 250, 'Work that waits longer, or is refused, is met at once.'),
  deadBand: share(0, 0.5, 0.05, 'So much more or less changes nothing.'),
  predictive: predictive(usual.leadMs).prefault({}).meta({ description: 'What forecasts may do.' }),
  scaleOut: scaleOut(usual.outMs).prefault({}).meta({ description: 'How units are added.' }),
  scaleIn: scaleIn(usual.inMs, usual.stabilisationMs)
    .prefault({})
    .meta({ description: 'How units are taken away.' }),
  cost: cost.prefault({}).meta({ description: 'What units cost.' }),
  schedule: z
    .array(scheduleEntry)
    .max(100)
    .default([])
    .meta({ description: 'Bounds that hold at certain times.', 'x-default': 'none' }),
  dryRun: z.boolean().default(false).meta({ description: 'Decide and tell, and change nothing.' }),
})

const poolPolicy = z.strictObject(
  policyShape({ leadMs: 10_000, outMs: 0, inMs: 10_000, stabilisationMs: 60_000 }),
)

const nodes = z.strictObject({
  min: z.int().min(0).max(100_000).default(1).meta({ description: 'Fewest nodes.' }),
  max: z.int().min(1).max(100_000).meta({ description: 'Most nodes.' }),
  target: targetOptions.nullable().default(null).meta({
    description: 'What is scaled: see [targets](scaling-targets.md).',
    'x-default': 'none: whoever scales comes and asks, `GET /v1/scaling/desired?pool=nodes`',
  }),
  readyWithinMs: whole(1000, DAY_MS, 600_000, 'Nodes that are not there after so long are told as an alert.'),
  ...policyShape({ leadMs: 300_000, outMs: 60_000, inMs: 300_000, stabilisationMs: 300_000 }),
})

/** A policy as it may be changed at run time: complete, with its bounds. */
export const policyOptions = z.strictObject({
  min: z.int().min(0).max(100_000).meta({ description: 'Fewest units.' }),
  max: z.int().min(1).max(100_000).meta({ description: 'Most units.' }),
  ...policyShape({ leadMs: 10_000, outMs: 0, inMs: 10_000, stabilisationMs: 60_000 }),
})

const rung = z
  .discriminatedUnion('do', [
    z.strictObject({
      do: z.literal('pause-pipelines'),
      pipelines: z.array(z.string().min(1)).min(1).max(64).meta({
        description: 'Names of pipelines that are optional: readings pass them by until it is over.',
      }),
    }),
    z.strictObject({
      do: z.literal('sample-bulk'),
      keep: z.int().min(2).max(1000).meta({
        description:
          'One of so many readings of bulk is taken; the others are refused for good, with `sampled`.',
      }),
    }),
    z.strictObject({
      do: z.literal('longer-slices'),
      readings: whole(
        SLICE_READINGS + 1,
        LONGEST_SLICE,
        LONGEST_SLICE,
        `Readings between two looks for critical work, ${SLICE_READINGS} as a rule.`,
      ),
    }),
    z.strictObject({
      do: z.literal('micro-batches'),
      readings: whole(2, LONGEST_SLICE, LONGEST_SLICE, 'So many of a shard are shown to pipelines at once.'),
      delayMs: whole(1, 10_000, 500, 'They are held back for that no longer than this.'),
      tiers: z
        .array(z.enum(['premium', 'standard', 'bulk']))
        .min(1)
        .max(3)
        .default(['standard', 'bulk'])
        .meta({
          description: 'Whose readings are held back.',
        }),
    }),
    z.strictObject({ do: z.literal('no-early-results') }),
  ])
  .meta({
    description: 'What is done without.',
    'x-allowed':
      '`do: longer-slices`, `do: micro-batches`, `do: no-early-results`, `do: pause-pipelines` with `pipelines`, or ' +
      '`do: sample-bulk` with `keep`',
  })

/** The ladder of degraded mode. */
export const degradationOptions = z.strictObject({
  ladder: z
    .array(rung)
    .max(16)
    .default([])
    .meta({ description: 'Steps down, the least painful first.', 'x-default': 'none' }),
  downAfterMs: whole(1000, HOUR_MS, 5000, 'Severe shortage of so long takes one step down.'),
  upAfterMs: whole(1000, DAY_MS, 60_000, 'Calm of so long takes one step up; longer after a relapse.'),
  severeWaitMs: whole(
    1,
    HOUR_MS,
    1000,
    'At the ceiling, work that waits longer, or is refused, is severe shortage.',
  ),
  calmWaitMs: whole(1, HOUR_MS, 100, 'It is calm when work waits less.'),
  calmUtilisation: share(0.05, 1, 0.9, 'It is calm when workers are at work for less of their time.'),
})

const CLAIMS = ['anomaly', 'maintenance', 'premium', 'standard', 'bulk'] as const
const priorityException = z.strictObject({
  kind: z.enum(CLAIMS).meta({ description: 'Whose claim it is.' }),
  name: z
    .string()
    .min(1)
    .max(256)
    .default('*')
    .meta({ description: 'Its name, such as that of a reservation; `*` stands for anything.' }),
  before: z.enum(CLAIMS).meta({ description: 'What it comes right before.' }),
})

const forecast = z.strictObject({
  calendars: z.array(z.string().min(1)).max(100).default([]).meta({
    description: 'Files of known events, YAML or iCalendar (`.ics`); relative to the configuration file.',
    'x-allowed': 'paths',
    'x-default': 'none',
  }),
  history: z.string().min(1).nullable().default(null).meta({
    description:
      'CSV of past demand, `time,demand[,tier,region]`, to learn from where nothing is known from before.',
    'x-allowed': 'a path',
    'x-default': 'none',
  }),
  timezone: z.string().refine(isTimeZone).default('UTC').meta({
    description: 'IANA time zone by whose clocks days and weeks repeat, such as Europe/Berlin.',
    'x-allowed': 'an IANA time zone',
  }),
})

/** Elastic capacity. */
export const scalingOptions = z.strictObject({
  enabled: z.boolean().optional().meta({
    description: 'Whether the number of workers follows the load, between `pool.min` and `pool.max`.',
    'x-default': 'true, unless `pool.size` says how many there are, or min and max are the same',
  }),
  history: whole(10, 100_000, 1000, 'Decisions kept to be looked at.'),
  serviceRate: z.number().min(0).max(1e9).default(0).meta({
    description: 'Readings per second that a worker is taken to do until it has been measured.',
    'x-default': '0: unknown, utilisation counts until it is known',
  }),
  forecast: forecast.prefault({}).meta({ description: 'How demand is forecast.' }),
  pool: poolPolicy.prefault({}).meta({ description: 'Policy of the worker threads.' }),
  nodes: nodes.nullable().default(null).meta({
    description: 'Nodes beside this one, each with as much to do: their number follows the load too.',
    'x-default': 'none',
  }),
  priorities: z.array(priorityException).max(100).default([]).meta({
    description: 'Exceptions from the order in which scarce units are given away.',
    'x-default': 'none: anomaly, maintenance, premium, standard, bulk',
  }),
  degradation: degradationOptions
    .prefault({})
    .meta({ description: 'What is done without under severe shortage.' }),
})

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
