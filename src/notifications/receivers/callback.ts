/** The embedding program. While nobody listens notifications wait. */
import { SinkDown } from '../../sinks/sink.ts'
import type { Notification } from '../notification.ts'
import type { Sender } from '../sender.ts'

export interface Listeners {
  isHeard(): boolean
  tell(notification: Notification): void
}

export class CallbackSender implements Sender {
  readonly kind = 'callback'
  readonly target = ''
  readonly isByLabels = false
  readonly resendEveryMs = 0
  readonly maxAlerts: number
  readonly #listeners: Listeners

  constructor({ maxAlerts }: { readonly maxAlerts: number }, listeners: Listeners) {
    this.maxAlerts = maxAlerts
    this.#listeners = listeners
  }

  async send(notification: Notification): Promise<void> {
    if (!this.#listeners.isHeard()) throw new SinkDown('nobody listens to notifications')
    this.#listeners.tell(notification)
  }

  async close(): Promise<void> {}
}
