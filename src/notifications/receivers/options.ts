/** Who can be told, and how: one of alertmanager, webhook, email and callback for each receiver. */
import { z } from 'zod'
import { areHeaders, isHttpUrl, isPrivateUrl, URL_ALLOWED } from '../../core/outbound/web-address.ts'
import { span } from '../span.ts'
import { secretOptions } from '../../core/secret.ts'

const HEADERS_ALLOWED =
  'names and values of headers, none of authorization, host, connection, content-*, transfer-encoding, idempotency-key or millrace-*'
const RESERVED =
  /^(authorization|host|connection|content-.*|transfer-encoding|expect|te|trailer|upgrade|keep-alive|idempotency-key|millrace-.*)$/i
const ADDRESS = /^[^\s<>,;:"()[\]@\p{Cc}]+@[^\s<>,;:"()[\]@\p{Cc}]+$/u

const whole = (from: number, to: number, fallback: number, description: string) =>
  z.int().min(from).max(to).default(fallback).meta({ description })

const httpUrl = (description: string) =>
  z.string().refine(isHttpUrl).meta({ description, 'x-allowed': URL_ALLOWED })

const headers = z
  .record(z.string(), z.string())
  .refine((given) => areHeaders(given, RESERVED))
  .default({})
  .meta({ description: 'Headers sent along; never shown.', 'x-allowed': HEADERS_ALLOWED })

const bearer = secretOptions('Token sent as `Authorization: Bearer`', 1)

const maxAlerts = (fallback: number) =>
  whole(
    1,
    100_000,
    fallback,
    'Alerts in one notification at most, the worst first; how many there are beyond is said.',
  )

const webhook = z
  .strictObject({
    url: httpUrl('Where to POST to.'),
    secret: secretOptions('Key that each request is signed with (HMAC-SHA256)', 16),
    bearer,
    headers,
    maxAlerts: maxAlerts(200),
    allowPrivate: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether it may go to private, loopback and link-local addresses.' }),
  })
  .refine(({ allowPrivate, url }) => allowPrivate || !isPrivateUrl(url), { path: ['url'] })

const alertmanager = z.strictObject({
  urls: z.array(httpUrl('Base URL, without /api/v2.')).min(1).max(16).meta({
    description: 'Base URLs, without /api/v2, of all members of the cluster: each of them is told.',
    'x-allowed': 'a list of 1 to 16 URLs',
  }),
  bearer,
  headers,
  resendEvery: span(
    'What fires is sent again so often; after four times that without it Alertmanager takes it for resolved.',
    1000,
  ).prefault('1m'),
  batch: whole(1, 10_000, 256, 'Alerts in one request at most.'),
  allowPrivate: z
    .boolean()
    .default(true)
    .meta({ description: 'Whether it may be at private, loopback and link-local addresses.' }),
})

const address = z.string().max(320).regex(ADDRESS).meta({ 'x-allowed': 'an e-mail address' })

const email = z.strictObject({
  host: z.string().min(1).max(253).meta({ description: 'SMTP server.' }),
  port: whole(1, 65_535, 587, 'Its port.'),
  tls: z.enum(['starttls', 'implicit', 'none']).default('starttls').meta({
    description:
      'When it is encrypted: after connecting, which is required then, from the start, or not at all.',
  }),
  user: z.string().max(320).default('').meta({ description: "User name; '' = without logging in." }),
  password: secretOptions('Password of the user', 1),
  from: address.meta({ description: 'Sender.' }),
  to: z
    .array(address)
    .min(1)
    .max(100)
    .meta({ description: 'Recipients.', 'x-allowed': 'a list of 1 to 100 e-mail addresses' }),
  subjectPrefix: z
    .string()
    .regex(/^[^\p{Cc}\p{Cs}]*$/u)
    .max(64)
    .default('')
    .meta({ description: 'Begins every subject.', 'x-allowed': 'a text of at most 64 characters' }),
  maxAlerts: maxAlerts(50),
})

const callback = z.strictObject({ maxAlerts: maxAlerts(1000) })

const rate = z
  .strictObject({
    notifications: whole(0, 1_000_000, 0, 'So many at once, and so many more in each span; 0 is no limit.'),
    per: span('The span.', 1).prefault('1m'),
  })
  .prefault({})
  .meta({ description: 'What is over it waits, and is then told in one summary.' })

const queue = z
  .strictObject({
    groups: whole(1, 1_000_000, 1000, 'Groups that wait to be told at most.'),
    whenFull: z.enum(['summarise', 'drop-oldest', 'drop-newest']).default('summarise').meta({
      description:
        'What becomes of groups beyond: all that wait are told in one summary, or one gives way and is counted.',
    }),
    resolved: whole(
      1,
      1_000_000,
      10_000,
      'Alerts that are over and wait to be told at most; beyond, the oldest give way and are counted.',
    ),
  })
  .prefault({})

export const receiverOptions = z
  .strictObject({
    name: z
      .string()
      .regex(/^[^\p{Cc}\p{Cs}]+$/u)
      .max(128)
      .meta({ description: 'What routes call it.', 'x-allowed': 'a name of 1 to 128 characters' }),
    alertmanager: alertmanager.optional().meta({ description: 'Prometheus Alertmanager, API v2.' }),
    webhook: webhook.optional().meta({ description: 'HTTP(S) POST.' }),
    email: email.optional().meta({ description: 'E-mail through SMTP.' }),
    callback: callback
      .optional()
      .meta({ description: "The embedding program: `engine.on('notification')`." }),
    sendResolved: z.boolean().default(true).meta({ description: 'Whether it is told when alerts are over.' }),
    timeout: span('An attempt that takes longer has failed.', 1).prefault('10s'),
    retries: whole(0, 100, 0, 'How often a notification that was refused is offered again.'),
    giveUpAfter: span(
      'A notification that could not be handed on for so long becomes a dead letter; 0 = it is tried for ever, and told with the news by then.',
    ).prefault(0),
    rate,
    queue,
  })
  .refine((given) => kindsOf(given).length === 1, {
    path: [],
    error: 'one kind',
  })
  .meta({ 'x-allowed': 'a receiver with exactly one of alertmanager, webhook, email and callback' })

export type ReceiverOptions = z.output<typeof receiverOptions>
export type WebhookOptions = z.output<typeof webhook>
export type AlertmanagerOptions = z.output<typeof alertmanager>
export type EmailOptions = z.output<typeof email>

const KINDS = ['alertmanager', 'webhook', 'email', 'callback'] as const

const kindsOf = (given: Partial<Record<(typeof KINDS)[number], unknown>>): (typeof KINDS)[number][] =>
  KINDS.filter((kind) => given[kind] !== undefined)
