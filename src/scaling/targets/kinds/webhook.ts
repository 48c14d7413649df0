/**
 * Something of the user's own that is told by HTTP POST what is wished, signed like every webhook of the engine. Its
 * answer may say as JSON what there is, `{"ready": 3}`; so may `statusUrl`, asked by GET. Who says nothing is believed to
 * have what it has taken.
 */
import { z } from 'zod'
import { SIGNATURE_HEADER, signatureOf } from '../../../core/outbound/signature.ts'
import type { TargetState } from '../../../core/scaling.ts'
import { readSecret, secretOptions } from '../../../core/secret.ts'
import { failureOfAnswer } from '../http/answers.ts'
import type { HttpAnswer } from '../http/exchange.ts'
import { stateSaid } from '../state-said.ts'
import { type TargetAdapter, TargetFailure } from '../target-adapter.ts'
import type { TargetPorts } from '../target-ports.ts'
import { flag, headers, httpUrl, httpUrlOrNone, isOpenUrl, whole } from '../values.ts'

const SECRET_LENGTH = 16

export const webhookOptions = z
  .strictObject({
    url: httpUrl('Where to POST `{"target", "desired", "current", "at"}` to.'),
    statusUrl: httpUrlOrNone(
      'Asked by GET for `{"ready": 3, "desired": 4}`, `desired` optional.',
      'nothing is asked',
    ),
    secret: secretOptions('Key that each request is signed with (HMAC-SHA256)', SECRET_LENGTH),
    bearer: secretOptions('Token sent as `Authorization: Bearer`', 1),
    headers,
    allowPrivate: flag('Whether it may go to private, loopback and link-local addresses.'),
    assumed: whole(0, 1_000_000, 1, 'Units taken to be there until something else is said.'),
  })
  .refine(({ allowPrivate, url }) => isOpenUrl(url, allowPrivate), { path: ['url'] })
  .refine(({ allowPrivate, statusUrl }) => isOpenUrl(statusUrl, allowPrivate), { path: ['statusUrl'] })

export type WebhookOptions = z.output<typeof webhookOptions>

export class WebhookTarget implements TargetAdapter {
  readonly place: string
  readonly #target: string
  readonly #options: WebhookOptions
  readonly #ports: TargetPorts
  /** As it said itself when it was last asked for a size. */
  #said: Partial<TargetState> = {}

  constructor(target: string, options: WebhookOptions, ports: TargetPorts) {
    this.place = `webhook at ${new URL(options.url).host}`
    this.#target = target
    this.#options = options
    this.#ports = ports
  }

  async scaleTo(units: number, signal: AbortSignal): Promise<void> {
    const { url, assumed } = this.#options
    const current = this.#said.ready ?? assumed
    const at = this.#ports.clock.epochMs()
    const body = JSON.stringify({ target: this.#target, desired: units, current, at })
    const answer = await this.#ask('POST', url, body, signal)
    this.#said = { ready: units, ...stateSaid(answer.body) }
  }

  async observe(wished: number | null, signal: AbortSignal): Promise<TargetState> {
    const { statusUrl, assumed } = this.#options
    if (statusUrl !== '') {
      const said = stateSaid((await this.#ask('GET', statusUrl, '', signal)).body)
      if (said.ready === undefined) throw new TargetFailure('invalid', 'the answer has no number in `ready`')
      this.#said = said
    }
    const desired = wished ?? assumed
    return { desired, ready: desired, ...this.#said }
  }

  close(): void {}

  async #ask(method: 'GET' | 'POST', url: string, body: string, signal: AbortSignal): Promise<HttpAnswer> {
    const { http, clock } = this.#ports
    const { allowPrivate } = this.#options
    const headers = await this.#headersFor(body)
    const answer = await http.ask({ method, url: new URL(url), headers, body, ca: '', allowPrivate, signal })
    if (answer.status >= 200 && answer.status <= 299) return answer
    throw failureOfAnswer(answer, answer.body, clock.epochMs())
  }

  async #headersFor(body: string): Promise<Record<string, string>> {
    const { headers, secret, bearer } = this.#options
    const key = await this.#secret(secret, SECRET_LENGTH)
    const token = await this.#secret(bearer, 1)
    const epochMs = this.#ports.clock.epochMs()
    return {
      ...headers,
      ...(body === '' ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(key === undefined ? {} : { [SIGNATURE_HEADER]: signatureOf(key, epochMs, Buffer.from(body)) }),
    }
  }

  async #secret(secret: WebhookOptions['secret'], length: number): Promise<string | undefined> {
    try {
      return await readSecret(secret, length, this.#ports)
    } catch (error) {
      throw new TargetFailure('denied', (error as Error).message)
    }
  }
}
