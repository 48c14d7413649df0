/** The ways to a receiver, as its options say. */
import type { Sender } from '../sender.ts'
import { AlertmanagerSender } from './alertmanager.ts'
import { CallbackSender, type Listeners } from './callback.ts'
import { EmailSender } from './email.ts'
import type { ReceiverOptions } from './options.ts'
import { type WebhookPorts, WebhookSender } from './webhook.ts'

export interface SenderPorts extends WebhookPorts {
  readonly listeners: Listeners
}

export function openSenders(receiver: ReceiverOptions, externalUrl: string, ports: SenderPorts): Sender[] {
  const { alertmanager, webhook, email, callback } = receiver
  return [
    ...(alertmanager === undefined
      ? []
      : alertmanager.urls.map((url) => new AlertmanagerSender(url, alertmanager, externalUrl, ports))),
    ...(webhook === undefined ? [] : [new WebhookSender(webhook, externalUrl, ports)]),
    ...(email === undefined ? [] : [new EmailSender(email, externalUrl, ports)]),
    ...(callback === undefined ? [] : [new CallbackSender(callback, ports.listeners)]),
  ]
}
