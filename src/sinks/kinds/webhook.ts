/**
 * `webhook`: items as HTTP POST requests, many in one. 2xx is taken; a few answers say that these items will never be;
 * everything else (no answer, a redirect, 401, 429, 503, …) is a receiver that is down and is tried again.
 */
import { z } from 'zod'
import { bufferOptions } from '../buffer/buffer-options.ts'
import type { SinkRecord } from '../record.ts'
import { type Sink, SinkDown, type SinkKind, type SinkPlace, type SinkPorts, SinkRefusal } from '../sink.ts'
import { choice, flag, object, whole } from '../values.ts'
import { retryAfterMs } from '../../core/outbound/retry-after.ts'
import { SIGNATURE_HEADER, signatureOf } from '../../core/outbound/signature.ts'
import { areHeaders, isHttpUrl, isPrivateUrl, URL_ALLOWED } from '../../core/outbound/web-address.ts'

const SECRET_ALLOWED =
  'a text of at least 16 characters, or { env: NAME } of an environment variable that has one'
const SECRET_LENGTH = 16
const HEADERS_ALLOWED =
  'names and values of headers, none of host, connection, content-*, transfer-encoding or millrace-*'
const RESERVED =
  /^(host|connection|content-.*|transfer-encoding|expect|te|trailer|upgrade|keep-alive|millrace-.*)$/i

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

const secret = z.custom<string | { readonly env: string }>(isSecret, { error: SECRET_ALLOWED })

const headers = z
  .record(z.string(), z.string(), { error: HEADERS_ALLOWED })
  .refine((given) => areHeaders(given, RESERVED), { error: HEADERS_ALLOWED })
  .default({})

export const webhookOptions = object({
  type: z.literal('webhook'),
  url: z.string({ error: URL_ALLOWED }).refine(isHttpUrl, { error: URL_ALLOWED }),
  /** Signs each request; see core/outbound/signature.ts. */
  secret: secret.optional(),
  headers,
  /** `json`: one document with the items in it; `ndjson`: a line each. */
  body: choice(['json', 'ndjson'], 'json'),
  batch: object({
    items: whole(1, 10_000, 100),
    bytes: whole(1024, 64 * 1024 * 1024, 1024 * 1024),
    waitMs: whole(0, 3_600_000, 1000),
  }).prefault({}),
  allowPrivate: flag(false),
  buffer: bufferOptions,
}).refine((spec) => spec.allowPrivate || !isPrivateUrl(spec.url), {
  path: ['url'],
  error: 'a host that is no private, loopback or link-local address, unless allowPrivate is true',
})

type WebhookSpec = z.output<typeof webhookOptions>

/** These items are not understood, too large, or contradict what the receiver has; others may be taken. */
const REFUSING = new Set([400, 409, 413, 415, 422])

export const webhook: SinkKind<typeof webhookOptions> = {
  type: 'webhook',
  schema: webhookOptions,
  batch: ({ batch }) => batch,
  open: (spec, ports, place) => new Webhook(spec, ports, place),
}

class Webhook implements Sink {
  readonly #spec: WebhookSpec
  readonly #url: URL
  readonly #ports: SinkPorts
  readonly #place: SinkPlace
  #requests = 0

  constructor(spec: WebhookSpec, ports: SinkPorts, place: SinkPlace) {
    this.#spec = spec
    this.#url = new URL(spec.url)
    this.#ports = ports
    this.#place = place
  }

  async write(batch: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    const body = Buffer.from(this.#bodyOf(batch))
    const headers = { ...this.#spec.headers, ...this.#headersOf(body) }
    this.#requests++
    const { allowPrivate } = this.#spec
    const answer = await this.#ports.poster.post({ url: this.#url, headers, body, allowPrivate, signal })
    const { status, retryAfter } = answer
    if (status >= 200 && status < 300) return
    if (REFUSING.has(status)) throw new SinkRefusal(`the receiver answered ${status}`)
    const redirected = status >= 300 && status < 400 ? ': redirects are not followed' : ''
    const waitMs = retryAfterMs(retryAfter, this.#ports.clock.epochMs())
    throw new SinkDown(`the receiver answered ${status}${redirected}`, waitMs)
  }

  /** Nothing is kept back here. */
  async flush(): Promise<void> {}

  async close(): Promise<void> {}

  figures(): Record<string, number> {
    return { requests: this.#requests }
  }

  #bodyOf(batch: readonly SinkRecord[]): string {
    if (this.#spec.body === 'ndjson') return batch.map(({ line }) => `${line}\n`).join('')
    const { pipeline, node } = this.#place
    const front = JSON.stringify({ pipeline, node }).slice(0, -1)
    return `${front},"items":[${batch.map(({ line }) => line).join(',')}]}`
  }

  #headersOf(body: Uint8Array): Record<string, string> {
    const type = this.#spec.body === 'json' ? 'application/json' : 'application/x-ndjson'
    const secret = this.#secret()
    const signature = secret === undefined ? {} : this.#signed(secret, body)
    return { 'content-type': type, 'user-agent': 'millrace', ...signature }
  }

  #signed(secret: string, body: Uint8Array): Record<string, string> {
    return { [SIGNATURE_HEADER]: signatureOf(secret, this.#ports.clock.epochMs(), body) }
  }

  /** Asked each time: a variable that isn't set is something to be put right while the sink waits. */
  #secret(): string | undefined {
    const { secret } = this.#spec
    if (secret === undefined || typeof secret === 'string') return secret
    const found = this.#ports.env(secret.env) ?? ''
    if (found.length >= SECRET_LENGTH) return found
    throw new SinkDown(`the secret in ${secret.env} is missing or shorter than ${SECRET_LENGTH} characters`)
  }
}

function isSecret(given: unknown): boolean {
  if (typeof given === 'string') return given.length >= SECRET_LENGTH
  const { env, ...others } = (given ?? {}) as { readonly env?: unknown }
  return typeof env === 'string' && ENV_NAME.test(env) && Object.keys(others).length === 0
}
