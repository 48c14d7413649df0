/**
 * One member of an Alertmanager cluster, told of single alerts by `POST /api/v2/alerts`, as Prometheus tells it: what
 * fires is sent with an end some resends ahead, so that it ends there by itself should nobody send it any more; what is
 * over is sent with its end. Alerts are the same there when their labels are, so ends come before beginnings.
 */
import type { Alert } from '../../core/alert.ts'
import type { Clock } from '../../core/clock.ts'
import type { Poster } from '../../sinks/webhook/poster.ts'
import type { Notification } from '../notification.ts'
import type { Sender } from '../sender.ts'
import { checkAnswer } from './http-answer.ts'
import type { AlertmanagerOptions } from './options.ts'
import { annotationsOf, generatorUrl, prometheusLabels, rfc3339 } from './prometheus-alert.ts'
import { readSecret, type SecretPorts } from '../../core/secret.ts'

export interface AlertmanagerPorts extends SecretPorts {
  readonly clock: Clock
  readonly poster: Poster
}

/** So many resends may fail before it takes what fires for resolved. */
const RESENDS_AHEAD = 4

export class AlertmanagerSender implements Sender {
  readonly kind = 'alertmanager'
  readonly isByLabels = true
  readonly maxAlerts = Infinity
  readonly resendEveryMs: number
  readonly target: string
  readonly #options: AlertmanagerOptions
  readonly #ports: AlertmanagerPorts
  readonly #url: URL
  readonly #generatorUrl: string

  constructor(url: string, options: AlertmanagerOptions, externalUrl: string, ports: AlertmanagerPorts) {
    this.#options = options
    this.#ports = ports
    this.#url = new URL(`${url.replace(/\/+$/, '')}/api/v2/alerts`)
    this.#generatorUrl = generatorUrl(externalUrl)
    this.target = this.#url.host
    this.resendEveryMs = options.resendEvery
  }

  async send({ alerts }: Notification, signal: AbortSignal): Promise<void> {
    const token = await readSecret(this.#options.bearer, 1, this.#ports)
    const headers = {
      ...this.#options.headers,
      'content-type': 'application/json',
      'user-agent': 'millrace',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    const { batch } = this.#options
    for (let at = 0; at < alerts.length; at += batch)
      await this.#post(alerts.slice(at, at + batch), headers, signal)
  }

  async close(): Promise<void> {}

  async #post(
    alerts: readonly Alert[],
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, poster } = this.#ports
    const nowMs = clock.epochMs()
    const body = Buffer.from(JSON.stringify(alerts.map((alert) => this.#documentOf(alert, nowMs))))
    const { allowPrivate } = this.#options
    checkAnswer(await poster.post({ url: this.#url, headers, body, allowPrivate, signal }), nowMs)
  }

  /** Event times may be ahead of this clock; an end in the future would be none, a beginning there is refused. */
  #documentOf(alert: Alert, nowMs: number): object {
    const startsAt = Math.min(alert.startsAt, nowMs)
    const isOver = alert.state === 'resolved'
    const endsAt = isOver
      ? Math.min(alert.endsAt ?? nowMs, nowMs)
      : nowMs + RESENDS_AHEAD * this.resendEveryMs
    return {
      labels: prometheusLabels(alert),
      annotations: annotationsOf(alert),
      startsAt: rfc3339(startsAt),
      endsAt: rfc3339(Math.max(startsAt, endsAt)),
      ...(this.#generatorUrl === '' ? {} : { generatorURL: this.#generatorUrl }),
    }
  }
}
