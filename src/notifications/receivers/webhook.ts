/**
 * A notification as one HTTP POST. The body is what Alertmanager sends to webhooks (version 4), so what understands that
 * understands this; each alert, and the whole, have more besides. Signed as the sinks' webhooks are.
 */
import type { Clock } from '../../core/clock.ts'
import type { Poster } from '../../sinks/webhook/poster.ts'
import { SIGNATURE_HEADER, signatureOf } from '../../core/outbound/signature.ts'
import type { Notification } from '../notification.ts'
import type { Sender } from '../sender.ts'
import { checkAnswer } from './http-answer.ts'
import type { WebhookOptions } from './options.ts'
import { annotationsOf, generatorUrl, prometheusLabels, rfc3339 } from './prometheus-alert.ts'
import { readSecret, type SecretPorts } from '../../core/secret.ts'

export interface WebhookPorts extends SecretPorts {
  readonly clock: Clock
  readonly poster: Poster
}

const SECRET_LENGTH = 16

export class WebhookSender implements Sender {
  readonly kind = 'webhook'
  readonly isByLabels = false
  readonly resendEveryMs = 0
  readonly maxAlerts: number
  readonly target: string
  readonly #options: WebhookOptions
  readonly #externalUrl: string
  readonly #ports: WebhookPorts
  readonly #url: URL

  constructor(options: WebhookOptions, externalUrl: string, ports: WebhookPorts) {
    this.#options = options
    this.#externalUrl = externalUrl
    this.#ports = ports
    this.#url = new URL(options.url)
    // the path of such a URL is often a secret
    this.target = this.#url.host
    this.maxAlerts = options.maxAlerts
  }

  async send(notification: Notification, signal: AbortSignal): Promise<void> {
    const body = Buffer.from(JSON.stringify(documentOf(notification, this.#externalUrl)))
    const headers = { ...this.#options.headers, ...(await this.#headersOf(notification, body)) }
    const { allowPrivate } = this.#options
    const answer = await this.#ports.poster.post({ url: this.#url, headers, body, allowPrivate, signal })
    checkAnswer(answer, this.#ports.clock.epochMs())
  }

  async close(): Promise<void> {}

  async #headersOf({ id }: Notification, body: Uint8Array): Promise<Record<string, string>> {
    const { secret, bearer } = this.#options
    const key = await readSecret(secret, SECRET_LENGTH, this.#ports)
    const token = await readSecret(bearer, 1, this.#ports)
    return {
      'content-type': 'application/json',
      'user-agent': 'millrace',
      'idempotency-key': id,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(key === undefined
        ? {}
        : { [SIGNATURE_HEADER]: signatureOf(key, this.#ports.clock.epochMs(), body) }),
    }
  }
}

function documentOf(notification: Notification, externalUrl: string): object {
  const { id, receiver, status, reason, groupKey, groupLabels, commonLabels, alerts } = notification
  const { groups, firing, resolved, truncated, omitted } = notification
  const generatorURL = generatorUrl(externalUrl)
  return {
    version: '4',
    ...{ id, receiver, status, reason, groupKey, groupLabels, commonLabels },
    commonAnnotations: {},
    externalURL: externalUrl,
    truncatedAlerts: truncated,
    ...{ groups, firing, resolved, omitted },
    alerts: alerts.map((alert) => ({
      status: alert.state,
      labels: prometheusLabels(alert),
      annotations: annotationsOf(alert),
      startsAt: rfc3339(alert.startsAt),
      // what Go writes for none
      endsAt: alert.endsAt === null ? '0001-01-01T00:00:00Z' : rfc3339(alert.endsAt),
      generatorURL,
      fingerprint: alert.id,
      alert,
    })),
  }
}
