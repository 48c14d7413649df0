/**
 * A notification as one e-mail, in plain text, by nodemailer. Mails about the same group are of one thread. A server that
 * will not have this mail (5xx) refuses it; one that can't now, or whose log-in fails, is down.
 */
import type { Alert } from '../../core/alert.ts'
import { SinkDown, SinkRefusal } from '../../sinks/sink.ts'
import type { Notification } from '../notification.ts'
import type { Sender } from '../sender.ts'
import type { EmailOptions } from './options.ts'
import { generatorUrl, rfc3339 } from './prometheus-alert.ts'
import { readSecret, type SecretPorts } from '../../core/secret.ts'

const LONGEST_SUBJECT = 200

export class EmailSender implements Sender {
  readonly kind = 'email'
  readonly isByLabels = false
  readonly resendEveryMs = 0
  readonly maxAlerts: number
  readonly target: string
  readonly #options: EmailOptions
  readonly #externalUrl: string
  readonly #ports: SecretPorts

  constructor(options: EmailOptions, externalUrl: string, ports: SecretPorts) {
    this.#options = options
    this.#externalUrl = externalUrl
    this.#ports = ports
    this.target = `${options.host}:${options.port}`
    this.maxAlerts = options.maxAlerts
  }

  async send(notification: Notification, signal: AbortSignal): Promise<void> {
    const transport = await this.#connect()
    const end = (): void => transport.close()
    signal.addEventListener('abort', end)
    try {
      await transport.sendMail(this.#mailOf(notification))
    } catch (error) {
      throw faultOf(error as SmtpError)
    } finally {
      signal.removeEventListener('abort', end)
      transport.close()
    }
  }

  async close(): Promise<void> {}

  /** Loaded when the first mail is sent: engines without e-mail do without it. */
  async #connect() {
    const { host, port, tls, user, password } = this.#options
    const pass = await readSecret(password, 1, this.#ports).catch((error: SmtpError) => {
      throw faultOf(error)
    })
    const { createTransport } = await import('nodemailer')
    return createTransport({
      ...{
        host,
        port,
        secure: tls === 'implicit',
        requireTLS: tls === 'starttls',
        ignoreTLS: tls === 'none',
      },
      ...(user === '' ? {} : { auth: { user, pass: pass ?? '' } }),
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }

  #mailOf(notification: Notification) {
    const { from, to, subjectPrefix } = this.#options
    const { id, groupKey, receiver } = notification
    const thread = `<${Buffer.from(`${receiver} ${groupKey}`).toString('base64url').slice(0, 180)}@millrace>`
    return {
      ...{ from, to: [...to] },
      subject: `${subjectPrefix}${subjectOf(notification)}`.slice(0, LONGEST_SUBJECT),
      text: textOf(notification, this.#externalUrl),
      messageId: `<${id}@millrace>`,
      ...(groupKey === '' ? {} : { references: thread, inReplyTo: thread }),
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Millrace-Notification': id },
    }
  }
}

interface SmtpError extends Error {
  readonly code?: string
  readonly responseCode?: number
}

/** Of this mail; a log-in or a connection that fails is something to be put right while the mail waits. */
const OF_THE_MAIL = ['EENVELOPE', 'EMESSAGE']

function faultOf(error: SmtpError): Error {
  const { code = '', responseCode = 0, message } = error
  const isRefused = responseCode >= 500 && OF_THE_MAIL.includes(code)
  return isRefused ? new SinkRefusal(message) : new SinkDown(message)
}

/** One line, whatever is in names of devices. */
const line = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')

function subjectOf({ status, firing, resolved, groups, groupLabels, alerts }: Notification): string {
  const head = status === 'firing' ? `[FIRING:${firing}]` : `[RESOLVED:${resolved}]`
  const what = Object.values(groupLabels).join(' ') || (alerts.length === 1 ? titleOf(alerts[0]) : '')
  const words = groups > 1 ? `${groups} groups of alerts` : what
  return line(`${head} ${words === '' ? 'alerts' : words}`)
}

const titleOf = ({ severity, rule, key }: Alert): string => `${severity} ${rule} ${key}`

function textOf(notification: Notification, externalUrl: string): string {
  const { firing, resolved, truncated, omitted, groups, alerts, id, reason } = notification
  const counts = [`${firing} firing, ${resolved} resolved`]
  if (groups > 1) counts.push(`of ${groups} groups`)
  if (reason === 'repeat') counts.push('nothing has changed since the last notification')
  const rest = [
    ...(truncated > 0 ? [`${truncated} more are not listed here.`] : []),
    ...(omitted > 0 ? [`${omitted} more were over before they could be told.`] : []),
    ...(externalUrl === '' ? [] : [generatorUrl(externalUrl)]),
  ]
  return [
    `${counts.join('; ')}.`,
    '',
    ...alerts.flatMap(paragraphOf),
    ...rest,
    '',
    `Notification ${id}`,
    '',
  ].join('\n')
}

function paragraphOf(alert: Alert): string[] {
  const { state, message, startsAt, endsAt, labels, acknowledged } = alert
  const known = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
  return [
    line(`${state.toUpperCase()} ${titleOf(alert)}`),
    line(`  ${message}`),
    `  since ${rfc3339(startsAt)}${endsAt === null ? '' : `, until ${rfc3339(endsAt)}`}`,
    line(`  ${known.join(', ')}`),
    ...(acknowledged === null ? [] : [line(`  acknowledged by ${acknowledged.by}: ${acknowledged.comment}`)]),
    '',
  ]
}
