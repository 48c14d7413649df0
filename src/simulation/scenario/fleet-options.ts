/** Who sends, from where, and how that changes with time. */
import { z } from 'zod'
import { tier } from '../../engine/config/options/values.ts'
import * as v from './values.ts'

export const regionOptions = z.strictObject({
  name: z.string().min(1).max(64).meta({ description: 'Name of the region.' }),
  at: z
    .strictObject(v.place)
    .optional()
    .meta({ description: 'Its middle, for groups that say no more than its name.' }),
  geohash: z
    .array(z.string().regex(/^[0-9b-hjkmnp-z]{1,3}$/))
    .default([])
    .meta({
      description: 'Cells of it, as in the configuration of an engine: positions find their region by them.',
    }),
  zone: v.zone('Time by which its people and factories live.').default('UTC'),
})

/** Shapes of traffic: each is a factor on the usual rate, and all of a group are multiplied. */
export const SHAPES = {
  daily: z
    .strictObject({
      low: z.number().min(0).default(0.4).meta({ description: 'Factor at the quietest time.' }),
      high: z.number().min(0).default(1.6).meta({ description: 'Factor at the busiest time.' }),
      peak: v.clockTime('The busiest time, local.').prefault('18:00'),
    })
    .optional()
    .meta({ description: 'A wave a day.' }),
  curve: v.byClockTime('Factors by local time of day, between which it goes evenly.').optional(),
  weekly: z
    .record(z.enum(v.DAYS), z.number().min(0).optional())
    .optional()
    .meta({ description: 'Factors by local day of the week; 1 for those left out.' }),
  shifts: z
    .strictObject({
      at: v.byClockTime('Factors that hold from a local time of day on.'),
      days: v.days('Days on which they hold; on others the last one of the day does.').optional(),
      within: v.offset('How long a change takes.').prefault('5m'),
    })
    .optional()
    .meta({ description: 'Steps, as factories have.' }),
  ramp: z
    .strictObject({
      at: v.offset('When it begins.').prefault('0s'),
      over: v.duration('How long it takes.'),
      from: z.number().min(0).default(1).meta({ description: 'Factor before.' }),
      to: z.number().min(0).meta({ description: 'Factor afterwards.' }),
    })
    .optional()
    .meta({ description: 'From one level to another.' }),
  burst: z
    .strictObject({
      at: v.durations('When it begins.'),
      for: v.durations('How long it stays up.'),
      times: v.factors('Factor meanwhile.'),
      rise: v.offset('How long it takes to come.').prefault('0s'),
      fall: v.offset('How long it takes to go.').prefault('0s'),
      every: v.duration('It comes again so often.').optional(),
    })
    .optional()
    .meta({ description: 'More for a while, announced by nothing.' }),
  noise: z
    .strictObject({
      share: v.share('Standard deviation, as a share of the rate.'),
      over: v.duration('How long a deviation lasts.').prefault('30s'),
    })
    .optional()
    .meta({ description: 'Chance, of every seed its own.' }),
  onboarding: z
    .strictObject({
      at: v.durations('When the first one comes.'),
      devices: v.count('Devices that are new.'),
      over: v.duration('How long it takes all of them.'),
      flush: v.count('Readings that each has kept and sends at once.').prefault(0),
    })
    .optional()
    .meta({ description: 'Devices that join. The engine sees them register.' }),
  trace: z
    .strictObject({
      file: z.string().min(1).meta({ description: 'A CSV file, seen from the scenario.' }),
      column: z.string().default('value').meta({ description: 'Its column with the values.' }),
      step: v.duration('Time between two rows.'),
      level: z
        .enum(['mean', 'peak'])
        .default('mean')
        .meta({ description: 'What of the values stands for the usual rate.' }),
    })
    .optional()
    .meta({ description: 'What was recorded once, again and again.' }),
}

export const shapeOptions = z.strictObject(SHAPES)

export const groupOptions = z.strictObject({
  name: z.string().min(1).max(64).meta({ description: 'Name of the group.' }),
  devices: v.count('Devices at the start.'),
  every: v.duration('Time between two readings of a device, when the factor of its traffic is 1.'),
  tier: tier().default('standard'),
  region: z.string().optional().meta({ description: 'Region that all of them are in.' }),
  regions: z
    .record(z.string(), v.share('Share of the devices.'))
    .optional()
    .meta({ description: 'Regions and their shares.', 'x-allowed': 'names of regions and shares' }),
  places: z
    .array(
      z.strictObject({
        ...v.place,
        within: z.number().min(0).max(5000).default(0).meta({ description: 'Kilometres around it.' }),
        share: v.share('Share of the devices.').optional(),
      }),
    )
    .min(1)
    .optional()
    .meta({ description: 'Where they are; the region follows from the position.' }),
  traffic: z.array(shapeOptions).default([]).meta({ description: 'Shapes, all multiplied.' }),
})

/** Something out there that makes devices speak, all those near it. */
export const eventOptions = z.strictObject({
  name: z.string().min(1).max(64).meta({ description: 'Name of the event.' }),
  at: v.durations('When it happens.'),
  times: v.factors('Factor on the traffic of those it reaches.'),
  for: v.durations('How long they are at it.'),
  rise: v.offset('How long it takes each of them to get going.').prefault('2s'),
  fall: v.offset('How long it takes to calm down.').prefault('1m'),
  near: z
    .strictObject({ ...v.place, within: z.number().gt(0).max(20_100).meta({ description: 'Kilometres.' }) })
    .optional()
    .meta({ description: 'Whom it reaches; everybody when left out.' }),
  speed: z
    .number()
    .gt(0)
    .optional()
    .meta({ description: 'Kilometres per second at which it spreads; at once when left out.' }),
  groups: z.array(z.string()).optional().meta({ description: 'Groups that it reaches; all when left out.' }),
  chance: v.share('How likely it is, seed by seed.').prefault(1),
})

export type RegionOptions = z.output<typeof regionOptions>
export type GroupOptions = z.output<typeof groupOptions>
export type ShapeOptions = z.output<typeof shapeOptions>
export type EventOptions = z.output<typeof eventOptions>
