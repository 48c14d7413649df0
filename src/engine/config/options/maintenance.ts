/**
 * `maintenance` of the configuration: planned jobs, the hooks that begin them, and what is bounded. A job is written the
 * same way over HTTP. Commands and URLs are named here alone, so that nobody who may use the API can run what he likes.
 */
import { z } from 'zod'
import { span } from '../../../notifications/span.ts'
import { secretOptions } from '../../../core/secret.ts'
import { whole } from './values.ts'

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/
const PERCENT = /^(\d{1,3}(?:\.\d{1,4})?)\s*%$/

const plainName = (of: string) =>
  z
    .string()
    .regex(NAME)
    .meta({
      description: `Name of the ${of}.`,
      'x-allowed': 'a letter or digit and up to 63 letters, digits, _, . and -',
    })

/** `20%` as 0.2; undefined: it is no percentage from over 0 to 100. */
export function shareOf(text: unknown): number | undefined {
  const [, percent] = (typeof text === 'string' && PERCENT.exec(text.trim())) || []
  const share = Number(percent) / 100
  return share > 0 && share <= 1 ? share : undefined
}

const percent = (description: string) =>
  z
    .string()
    .refine((text) => shareOf(text) !== undefined)
    .meta({ description, 'x-allowed': 'a percentage such as 10%, up to 100%' })

const isNumber = (given: unknown, least: number, most: number): boolean =>
  given !== '' && Number(given) >= least && Number(given) <= most

const capacity = z
  .union([z.number(), z.string()])
  .refine((given) => shareOf(given) !== undefined || isNumber(given, 0, 1_000_000))
  .default(0)
  .meta({
    description: 'Set apart while it lasts: units (workers, nodes), or a share of as many as there can be.',
    'x-allowed': 'a number of units, or a percentage such as 20%',
  })

const wave = z
  .union([z.number(), z.string()])
  .refine(
    (given) => shareOf(given) !== undefined || (Number.isInteger(Number(given)) && isNumber(given, 1, 1e7)),
  )
  .default('100%')
  .meta({
    description: 'Devices of the first wave, or their share.',
    'x-allowed': 'a number of devices, or a percentage such as 10%',
  })

const texts = (description: string, fallback = 'none') =>
  z.array(z.string().min(1).max(256)).max(100).default([]).meta({ description, 'x-default': fallback })

const rollout = z.strictObject({
  wave,
  growth: z
    .number()
    .min(1)
    .max(10)
    .default(1)
    .meta({ description: 'Each wave is so many times as large as the one before.' }),
  pause: span('From the end of a wave to the start of the next.').prefault(0),
})

const abort = z.strictObject({
  failed: percent('When so large a share of those that ended has failed, the rest is not begun.'),
  after: whole(1, 1_000_000, 1, 'Not before so many have ended.'),
})

const retry = z.strictObject({
  limit: whole(0, 100, 3, 'How often it is done again at most.'),
  first: span(
    'Shortest time before it is done again; doubled each time, some of it taken off at random.',
  ).prefault('10m'),
  max: span('The longest of these times.').prefault('1d'),
})

/** A job as people write it. */
export const maintenanceJobOptions = z.strictObject({
  name: plainName('job; tells it from others'),
  kind: z.string().min(1).max(64).default('maintenance').meta({
    description: 'What is done, such as `firmware-update`, `security-patch`, `database-migration`.',
  }),
  starts: z.string().max(64).meta({
    description: 'When it begins first.',
    'x-allowed': 'a time such as 2027-01-31T02:30 (of timeZone) or 2027-01-31T02:30:00Z',
  }),
  timeZone: z.string().max(64).default('UTC').meta({
    description: 'Time zone of `starts` and `rrule`.',
    'x-allowed': 'a name of the IANA database, such as Europe/Berlin',
  }),
  rrule: z.string().max(512).default('').meta({
    description: 'When it comes again: RFC 5545, days at the shortest, such as `FREQ=WEEKLY;BYDAY=SU`.',
    'x-default': 'never',
  }),
  duration: span('How long it lasts.', 1000),
  capacity,
  use: z.enum(['operation', 'idle']).default('operation').meta({
    description: 'Whether workers leave the capacity to the operation, or it is only to be kept free.',
  }),
  lead: span('The capacity is there so long before.').prefault('5m'),
  devices: texts(
    'Which devices: terms such as `tenant=acme`, `device=pump-*`, `attribute:model=x1`; all must hold.',
  ),
  resources: texts('Things that only one job may use at a time.'),
  dependsOn: texts('Jobs that must be over before.'),
  rollout: rollout.prefault({}).meta({ description: 'Devices go in waves.' }),
  abort: abort.nullable().default(null).meta({ description: 'When it is stopped.', 'x-default': 'never' }),
  drain: span("Waits up to so long until nothing of a wave's devices is in flight; 0: doesn't.").prefault(0),
  hook: z.string().max(64).default('').meta({
    description: 'Which hook begins it.',
    'x-default': 'none: somebody does it, and reports it or not',
  }),
  timeout: span('For each execution; 0: until the window ends.').prefault(0),
  unreported: z.enum(['SUCCEEDED', 'TIMED_OUT']).optional().meta({
    description: 'What becomes of executions under way of which nothing is heard until the window ends.',
    'x-default': '`TIMED_OUT` with a hook, `SUCCEEDED` without',
  }),
  retry: retry.prefault({}).meta({ description: 'What is done after a failure.' }),
  missed: z.enum(['late', 'reschedule', 'skip']).default('late').meta({
    description: 'What is done about a window that began while nothing ran; `late`: now, if it fits.',
  }),
  holdAlerts: z.boolean().default(true).meta({
    description: 'Whether alerts of the devices are held while it lasts.',
  }),
})

const webhook = z.strictObject({
  url: z
    .string()
    .refine(
      (text) =>
        URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !/@/.test(new URL(text).host),
    )
    .meta({ description: 'Where to POST to.', 'x-allowed': 'an http or https URL' }),
  secret: secretOptions('Key that each request is signed with (HMAC-SHA256)', 16),
  allowPrivate: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether it may go to private, loopback and link-local addresses.' }),
})

const command = z.strictObject({
  run: z.array(z.string().min(1).max(4096)).min(1).max(64).meta({
    description: 'Program and arguments; no shell. Gets the wave as JSON on its standard input.',
    'x-allowed': 'a list of a program and its arguments',
  }),
})

const hook = z
  .strictObject({
    name: plainName('hook'),
    webhook: webhook.optional().meta({ 'x-default': 'none' }),
    command: command.optional().meta({ 'x-default': 'none' }),
    callback: z.strictObject({}).optional().meta({
      description: '`engine.maintenance.onHook(name, …)` of the embedding program.',
      'x-default': 'none',
    }),
    timeout: span(
      'How long a webhook may take to answer, a command or callback to end; 0: 30 s, and as long as the window.',
    ).prefault(0),
  })
  .refine(({ webhook, command, callback }) => [webhook, command, callback].filter(Boolean).length === 1)
  .meta({ 'x-allowed': 'a hook with one of webhook, command and callback' })

export const maintenanceOptions = z.strictObject({
  jobs: z.array(maintenanceJobOptions).max(1000).default([]).meta({
    description: 'Planned maintenance: see [maintenance](maintenance.md).',
    'x-default': 'none',
  }),
  hooks: z.array(hook).max(100).default([]).meta({
    description: 'What begins the work; jobs name one.',
    'x-default': 'none',
  }),
  maxJobs: whole(1, 100_000, 1000, 'Jobs that have not ended.'),
  maxDevices: whole(1, 100_000, 10_000, 'Devices of one window.'),
  history: whole(1, 1000, 20, 'Windows that are over, of each job, kept to be looked at.'),
  horizon: span('How far ahead windows are judged and slots looked for.', 3_600_000).prefault('14d'),
})

export type MaintenanceJobOptions = z.output<typeof maintenanceJobOptions>
export type MaintenanceJobInput = z.input<typeof maintenanceJobOptions>
export type MaintenanceHookOptions = z.output<typeof hook>
