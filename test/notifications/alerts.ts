/** Alerts and receivers made up for tests. */
import type { Alert } from '../../src/core/alert.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { KeptState } from '../../src/notifications/kept-state.ts'
import type { Notification } from '../../src/notifications/notification.ts'
import { Notifier } from '../../src/notifications/notifier.ts'
import { notificationOptions } from '../../src/notifications/options.ts'
import type { Sender } from '../../src/notifications/sender.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'

type Over = Partial<Omit<Alert, 'labels'>> & { readonly labels?: Record<string, string> }

export function alertOf(device: string, over: Over = {}): Alert {
  const { labels, ...others } = over
  const severity = over.severity ?? 'high'
  const rule = over.rule ?? 'hot'
  return {
    ...{ id: `${rule}:${device}:1000`, rule, series: '1', key: `${device}/temperature`, device },
    ...{ metric: 'temperature', region: 'eu', severity, state: 'firing', message: `${device} is hot` },
    ...{ startsAt: 1000, updatedAt: 1000, endsAt: null, value: 99, score: 7, peak: 7, count: 1 },
    ...{ replayed: false, acknowledged: null, suppressedBy: [], escalation: 0, evidence: [] },
    labels: { rule, severity, device, metric: 'temperature', region: 'eu', ...labels },
    ...others,
  }
}

export const resolvedOf = (alert: Alert, endsAt = 2000): Alert => ({ ...alert, state: 'resolved', endsAt })

/** What a receiver does with what it is sent. */
export type Reaction = (notification: Notification) => Promise<void> | void

export interface Told extends Notification {
  readonly atMs: number
}

/** A notifier on virtual time whose receivers note what they get. */
export function rig(input: object, kept?: KeptState, over: Partial<Sender> = {}) {
  const clock = new VirtualClock()
  const told: Told[] = []
  const letters: { receiver: string; notification: Notification; cause: string }[] = []
  const reactions = new Map<string, Reaction>()
  const attempts: Notification[] = []
  const notifier = new Notifier({
    options: notificationOptions.parse(input),
    ...{ clock, random: seededRandom(7) },
    open: ({ name, callback }) => [
      {
        ...{ kind: 'callback', target: '', isByLabels: false, resendEveryMs: 0 },
        maxAlerts: callback?.maxAlerts ?? 1000,
        async send(notification) {
          attempts.push(notification)
          await reactions.get(name)?.(notification)
          told.push({ ...notification, atMs: clock.nowMs() })
        },
        close: async () => undefined,
        ...over,
      },
    ],
    onGivenUp: (receiver, notification, cause) => letters.push({ receiver, notification, cause }),
    onChange: () => undefined,
  })
  if (kept !== undefined) notifier.restore(kept)
  /** Lets promises have their turns before and after each step. */
  const pass = async (ms: number): Promise<void> => {
    const untilMs = clock.nowMs() + ms
    await settle()
    while (clock.nowMs() < untilMs) {
      clock.advance(Math.min(STEP_MS, untilMs - clock.nowMs()))
      await settle()
    }
  }
  return { clock, notifier, told, attempts, letters, reactions, pass }
}

const STEP_MS = 500
const TURNS = 12

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await Promise.resolve()
}

export const devicesIn = (notification: Notification, state: Alert['state'] = 'firing'): string[] =>
  notification.alerts.filter((alert) => alert.state === state).map(({ device }) => device)
