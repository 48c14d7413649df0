/**
 * `notifications` of the configuration: who is told of which alerts, and when. The names and what they mean are those of
 * Alertmanager's routing tree, whose root is `notifications` itself.
 */
import { z } from 'zod'
import { MATCHER_ALLOWED, matcherProblem } from '../alerts/matcher.ts'
import { receiverOptions } from './receivers/options.ts'
import { span } from './span.ts'

const label = z.string().min(1).max(128).meta({ 'x-allowed': 'names of labels, or ... for all there are' })

const groupBy = z.array(label).meta({
  description: 'Labels whose alerts are told together where they agree; `...` = each alert by itself.',
})

const matcher = z
  .string()
  .max(1024)
  .refine((text) => matcherProblem(text) === '')
  .meta({ 'x-allowed': MATCHER_ALLOWED })

const receiver = z.string().min(1).max(128)

const WAIT = 'How long the first alert of a group waits for others.'
const INTERVAL = 'Shortest time between two notifications of a group.'
const REPEAT = 'When a group that still fires, and that nobody has acknowledged, is told again.'
const AS_ABOVE = 'that of the route above'

/** A branch of the tree; what it leaves out it has from the one above. */
const routeOptions = z.strictObject({
  matchers: z
    .array(matcher)
    .default([])
    .meta({ description: 'What must hold for an alert to come here; all of them.' }),
  receiver: receiver.optional().meta({ description: 'Who is told, by name.', 'x-default': AS_ABOVE }),
  groupBy: groupBy.optional().meta({ 'x-default': AS_ABOVE }),
  groupWait: span(WAIT).optional().meta({ 'x-default': AS_ABOVE }),
  groupInterval: span(INTERVAL, 1).optional().meta({ 'x-default': AS_ABOVE }),
  repeatInterval: span(REPEAT, 1).optional().meta({ 'x-default': AS_ABOVE }),
  continue: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether the routes behind this one are tried, too, when it has matched.' }),
  get routes(): z.ZodDefault<z.ZodArray<typeof routeOptions>> {
    return z.array(routeOptions).default([]).meta({
      description: 'Branches of this one, tried in order; the deepest that match are the ones that count.',
      'x-allowed': 'a list of routes like these',
    })
  },
})

export const notificationOptions = z.strictObject({
  receiver: receiver.nullable().default(null).meta({
    description: 'Who is told of what no route wants.',
    'x-allowed': 'the name of a receiver',
    'x-default': 'nobody',
  }),
  groupBy: groupBy.default([]),
  groupWait: span(WAIT).prefault('30s'),
  groupInterval: span(INTERVAL, 1).prefault('5m'),
  repeatInterval: span(REPEAT, 1).prefault('4h'),
  routes: z.array(routeOptions).default([]),
  receivers: z.array(receiverOptions).default([]),
  externalUrl: z
    .string()
    .refine((text) => /^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : ''))
    .or(z.literal(''))
    .default('')
    .meta({
      description: 'Where people find this engine; goes into notifications.',
      'x-allowed': "an http or https URL, or ''",
    }),
})

export type NotificationOptions = z.output<typeof notificationOptions>
export type RouteOptions = z.output<typeof routeOptions>
