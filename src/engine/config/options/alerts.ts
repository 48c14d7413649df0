import { z } from 'zod'
import { MATCHER_ALLOWED, matcherProblem } from '../../../alerts/matcher.ts'
import { areLabels, LABEL_NAME, LABELS_ALLOWED, MAX_LABEL_TEXT } from '../../../core/alert.ts'
import { whole } from './values.ts'

const MAX_MATCHERS = 32
const YEAR_MS = 31_536_000_000
const matcher = z
  .string()
  .refine((text) => matcherProblem(text) === '')
  .meta({
    'x-allowed': `a matcher, ${MATCHER_ALLOWED}; no repeated groups, references back or more than 3 of *, + in it`,
  })

const matchers = (description: string) =>
  z
    .array(matcher)
    .min(1)
    .max(MAX_MATCHERS)
    .meta({ description, 'x-allowed': `a list of 1 to ${MAX_MATCHERS} matchers` })

const labelName = z
  .string()
  .regex(LABEL_NAME)
  .meta({ 'x-allowed': 'a letter or _, then letters, digits, _, . and -' })

const ownLabels = z.record(labelName, z.string().max(MAX_LABEL_TEXT)).refine(areLabels).default({}).meta({
  description: 'Labels that it gets, for receivers to match on.',
  'x-allowed': LABELS_ALLOWED,
  'x-default': 'none',
})

const step = z
  .strictObject({
    afterMs: whole(1000, YEAR_MS, 900_000, 'Time for which nobody has acknowledged it.'),
    severity: z
      .enum(['low', 'medium', 'high', 'critical'])
      .optional()
      .meta({ description: 'What its severity becomes at least.', 'x-default': 'as it is' }),
    labels: ownLabels,
  })
  .refine(({ severity, labels }) => severity !== undefined || Object.keys(labels).length > 0)
  .meta({ 'x-allowed': 'a step with `severity` or `labels`' })

const flapping = z.strictObject({
  changes: whole(
    0,
    1000,
    6,
    'Beginnings and ends of one alert within `withinMs`; with more it is flapping, and not told. 0 = never.',
  ),
  calmChanges: whole(0, 999, 2, 'With as many or fewer it is calm again, and told once.'),
  withinMs: whole(1000, YEAR_MS, 600_000, 'The time that counts.'),
})

/** What becomes of alerts once they are raised. */
export const alertsOptions = z.strictObject({
  flapping: flapping.prefault({}),
  inhibitions: z
    .array(
      z.strictObject({
        source: matchers('An alert that matches, while it fires, speaks for those that match `target`.'),
        target: matchers('Alerts that are not told meanwhile.'),
        equal: z
          .array(labelName)
          .max(MAX_MATCHERS)
          .default([])
          .meta({ description: 'Labels in which both must agree.' }),
      }),
    )
    .max(100)
    .default([])
    .meta({ description: 'Alerts that speak for others.', 'x-default': 'none' }),
  escalations: z
    .array(
      z.strictObject({
        match: matchers('Alerts that it is for; the first that matches counts.'),
        steps: z.array(step).min(1).max(20).meta({ description: 'What happens, the soonest first.' }),
      }),
    )
    .max(100)
    .default([])
    .meta({ description: 'What happens to alerts that nobody acknowledges.', 'x-default': 'none' }),
  silences: whole(1, 100_000, 1000, 'Silences that have not ended, and as many holds.'),
})
