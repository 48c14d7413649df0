/** A whole scenario. */
import { z } from 'zod'
import { expectOptions } from './expect-options.ts'
import { forecastOptions } from './forecast-options.ts'
import { eventOptions, groupOptions, regionOptions } from './fleet-options.ts'
import * as v from './values.ts'
import { anomalyOptions, faultOptions, maintenanceOptions, poolOptions } from './world-options.ts'

export const scenarioOptions = z.strictObject({
  name: z.string().min(1).max(128).meta({ description: 'Name of the scenario.' }),
  description: z.string().max(2000).default('').meta({ description: 'What it is about.' }),
  start: z
    .string()
    .refine((given) => Number.isFinite(Date.parse(given)))
    .transform((given) => Date.parse(given))
    .meta({ description: 'When it begins.', 'x-allowed': 'a date and time such as 2026-03-02T06:00:00Z' })
    .prefault('2026-03-02T00:00:00Z'),
  duration: v.duration('How long it lasts.'),
  tick: v.duration('Step of the simulation while nothing is congested; at most 1 s.').prefault('1s'),
  history: v.offset('How much of the usual traffic before it the forecaster has learnt from.').prefault('0s'),
  forecast: forecastOptions.prefault({}).meta({ description: 'What the forecaster knows beforehand.' }),
  seed: z.int().min(0).max(0xffff_ffff).default(1).meta({ description: 'What all chance follows from.' }),
  calibration: z
    .string()
    .optional()
    .meta({ description: 'A file that --calibrate wrote, seen from the scenario.' }),
  regions: z
    .array(regionOptions)
    .min(1)
    .default([{ name: 'home', geohash: [], zone: 'UTC' }]),
  fleet: z.array(groupOptions).min(1).meta({ description: 'Groups of devices.' }),
  events: z.array(eventOptions).default([]).meta({ description: 'What happens out there.' }),
  pools: z.array(poolOptions).min(1).max(16).prefault([{}]).meta({ description: 'What does the work.' }),
  faults: z.array(faultOptions).default([]).meta({ description: 'What goes wrong.' }),
  anomalies: z.array(anomalyOptions).default([]).meta({ description: 'Abnormal readings.' }),
  maintenance: z.array(maintenanceOptions).default([]).meta({ description: 'Planned operations.' }),
  expect: expectOptions.prefault({}),
})

/** A scenario as it was read: complete, with defaults. */
export type Scenario = z.output<typeof scenarioOptions>
