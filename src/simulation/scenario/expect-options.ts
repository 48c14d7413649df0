/** What must be true afterwards; docs/simulation.md says how each is measured. */
import { z } from 'zod'
import { TIERS } from '../../core/tiers.ts'
import { OPERATION_OUTCOMES, SCALING_ALERTS } from '../words.ts'
import * as v from './values.ts'

const tiers = <T extends z.ZodType>(of: T) =>
  z.strictObject({
    critical: of.optional(),
    premium: of.optional(),
    standard: of.optional(),
    bulk: of.optional(),
  })

export const expectOptions = z
  .strictObject({
    scaleTime: v.offset('Longest time with less capacity than demand, while more could be had.').optional(),
    p99: tiers(v.duration('99 % of the readings are done within so long.')).optional(),
    worstP99: tiers(v.duration('The same, of every minute for itself.')).optional(),
    refused: tiers(v.share('Share of the readings that were refused at first.')).optional(),
    refusing: z.array(z.enum(TIERS)).optional().meta({
      description: 'Tiers of which something was refused: the scenario is as hard as it is meant to be.',
    }),
    lost: v.count('Readings that never got in, or were lost in a crash.').optional(),
    overloaded: v.share('Share of the steps with less capacity than demand.').optional(),
    waste: v.share('Share of the paid capacity beyond what the policy means to have free.').optional(),
    capacity: z
      .number()
      .gt(0)
      .optional()
      .meta({ description: 'Paid capacity, as a multiple of the demand.' }),
    cost: z.number().min(0).optional().meta({ description: 'Of everything.' }),
    costPerHour: z.number().min(0).optional().meta({ description: 'Highest cost of any hour.' }),
    reversals: z.int().min(0).optional().meta({ description: 'Changes from scaling out to in or back.' }),
    units: z
      .strictObject({
        most: z.int().min(0).optional().meta({ description: 'Never more than so many.' }),
        reached: z.int().min(0).optional().meta({ description: 'At some time at least so many.' }),
        end: z.int().min(0).optional().meta({ description: 'At the end at most so many.' }),
      })
      .optional(),
    alerts: z.array(z.enum(SCALING_ALERTS)).optional().meta({ description: 'Alerts that were raised.' }),
    noAlerts: z.array(z.enum(SCALING_ALERTS)).optional().meta({ description: 'Alerts that were not.' }),
    maintenance: z
      .record(z.string(), z.enum(OPERATION_OUTCOMES).meta({ description: 'What became of it.' }))
      .optional(),
    maintenanceTimes: z
      .record(z.string(), z.int().min(0).meta({ description: 'How often it was done.' }))
      .optional()
      .meta({ description: 'Of operations that come again: how often they were done.' }),
    degraded: z
      .strictObject({
        reached: z.int().min(0).optional().meta({ description: 'At some time at least so many rungs down.' }),
        most: z.int().min(0).optional().meta({ description: 'Never more rungs down.' }),
        end: z.int().min(0).optional().meta({ description: 'At the end at most so many rungs down.' }),
        steps: z.int().min(0).optional().meta({ description: 'At most so many steps, down and up.' }),
        sampled: v.share('Share of the readings of bulk that were left out at most.').optional(),
      })
      .optional()
      .meta({ description: 'Degraded mode.' }),
    forecastError: v
      .share('Weighted absolute error of the forecast, at the lead time of the policy.')
      .optional(),
  })
  .meta({ description: 'What must be true afterwards.' })

export type ExpectOptions = z.output<typeof expectOptions>
