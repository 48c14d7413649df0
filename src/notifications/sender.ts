import type { Notification } from './notification.ts'

/** One way to tell a receiver: its words and its wire. Waiting, trying again and counting are the lane's. */
export interface Sender {
  readonly kind: 'alertmanager' | 'webhook' | 'email' | 'callback'
  /** Where to, as it may be shown: never with what could be secret. */
  readonly target: string
  /** Alerts it lists at most. */
  readonly maxAlerts: number
  /** Is told of alerts one by one, the same labels being the same alert. */
  readonly isByLabels: boolean
  /** What fires is sent again so often; 0 = only as the route says. */
  readonly resendEveryMs: number
  /**
   * Resolves when the receiver has it. Rejects with a SinkRefusal if it will not be taken however often it is offered,
   * with anything else if it can be offered again. `signal` = stop trying.
   */
  send(notification: Notification, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}
