/** The policy of a pool, in the words of scenarios; what it means is what `src/scaling/policy` says. */
import { z } from 'zod'
import type { PolicyOptions } from '../../scaling/policy/policy-options.ts'
import { type ScheduleOptions, scheduleProblem } from '../../scaling/policy/schedule.ts'
import * as v from './values.ts'

const MOST_UNITS = 10_000

const units = (fallback: number, description: string) =>
  z.int().min(0).max(MOST_UNITS).default(fallback).meta({ description })
const step = z
  .int()
  .min(1)
  .max(MOST_UNITS)
  .nullable()
  .default(null)
  .meta({
    description: 'Most units of one decision.',
    'x-allowed': `a whole number from 1 to ${MOST_UNITS}, or null for any`,
  })

const schedule = z
  .strictObject({
    name: z.string().min(1).max(64),
    starts: z.string().meta({ 'x-allowed': 'a local time such as 2026-01-05T06:00' }),
    timezone: v.zone('Zone of its local times.').default('UTC'),
    duration: v.duration('How long a window lasts.'),
    rrule: z.string().default('').meta({ description: "Recurrence after RFC 5545; '' = once." }),
    min: z.int().min(0).nullable().default(null),
    max: z.int().min(0).nullable().default(null),
  })
  .transform(({ duration, ...rest }): ScheduleOptions => ({ ...rest, durationMs: duration }))
  .refine((given) => scheduleProblem(given) === '')
  .meta({ 'x-allowed': 'a local time and a recurrence that is one' })

export const policyOptions = z
  .strictObject({
    min: units(1, 'Fewest units.'),
    max: units(16, 'Most units.'),
    targetUtilisation: z.number().min(0.05).max(1).default(0.7).meta({
      description: 'Share of the time in which units are to be at work; the rest is headroom.',
    }),
    drain: v.duration('What waits is to be worked off within this time.').prefault('10s'),
    urgentWait: v.duration('What waits longer is met at once.').prefault('500ms'),
    deadBand: v.share('So much more or less changes nothing.').prefault(0.1),
    predictive: z
      .strictObject({
        enabled: z.boolean().default(true),
        lead: v.duration('How far ahead demand is asked for.').prefault('90s'),
        quantile: z.number().min(0.5).max(0.999).default(0.95),
        buffer: v.share('Share that is added to the forecast.').prefault(0),
      })
      .prefault({}),
    scaleOut: z.strictObject({ step, cooldown: v.offset('Pause after one.').prefault('0s') }).prefault({}),
    scaleIn: z
      .strictObject({
        step,
        cooldown: v.offset('Pause after a change.').prefault('30s'),
        stabilisation: v.offset('The highest need of this time decides.').prefault('5m'),
      })
      .prefault({}),
    cost: z
      .strictObject({
        currency: z.string().max(8).default('EUR'),
        perUnitHour: z.number().min(0).default(1),
        reservedUnits: units(0, 'Units that are paid for anyhow.'),
        perReservedUnitHour: z.number().min(0).default(0),
        ceilingPerHour: z.number().min(0).nullable().default(null),
      })
      .prefault({}),
    schedule: z.array(schedule).max(100).default([]),
  })
  .transform(({ drain, urgentWait, predictive, scaleOut, scaleIn, ...rest }): PolicyOptions => {
    const { lead, ...prediction } = predictive
    return {
      ...rest,
      drainMs: drain,
      urgentWaitMs: urgentWait,
      predictive: { ...prediction, leadMs: lead },
      scaleOut: { step: scaleOut.step, cooldownMs: scaleOut.cooldown },
      scaleIn: {
        step: scaleIn.step,
        cooldownMs: scaleIn.cooldown,
        stabilisationMs: scaleIn.stabilisation,
      },
      dryRun: false,
    }
  })
