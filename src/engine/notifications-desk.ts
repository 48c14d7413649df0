/** The notifications of an engine: what they reach outside, what of them is kept, and their way back from dead letters. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AlertBook } from '../alerts/alert-book.ts'
import type { AlertNews } from '../alerts/alert-news.ts'
import type { Alert } from '../core/alert.ts'
import { ambientRandom } from '../core/ambient.ts'
import type { Clock } from '../core/clock.ts'
import type { ReceiverStats } from '../core/stats.ts'
import type { KeptState } from '../notifications/kept-state.ts'
import { type Notification, notificationOf } from '../notifications/notification.ts'
import { type GroupView, Notifier, type ReceiverLatency } from '../notifications/notifier.ts'
import { openSenders } from '../notifications/receivers/open-senders.ts'
import type { DeadLetters } from '../observability/dead-letters.ts'
import { NodeSinkDisk } from '../sinks/node-sink-disk.ts'
import { StateFile } from '../sinks/state-file.ts'
import { NodePoster } from '../sinks/webhook/node-poster.ts'
import type { Config } from './config/config.ts'
import type { EventDesk } from './engine-events.ts'

export interface NotificationsOfEngine {
  readonly config: Config
  readonly clock: Clock
  readonly alerts: AlertBook
  readonly alertNews: AlertNews
  readonly deadLetters: DeadLetters
  readonly events: EventDesk
}

/** What dead letters of receivers have as their pipeline; the node is the receiver. */
export const NOTIFICATIONS = 'notifications'
/** In the data directory. */
const FILE = 'notifications.json'

export class NotificationsDesk {
  readonly #parts: NotificationsOfEngine
  readonly #notifier: Notifier
  readonly #poster = new NodePoster()
  readonly #file: StateFile<KeptState> | undefined
  readonly #leave: () => void

  private constructor(parts: NotificationsOfEngine) {
    const { config, clock, events, alertNews } = parts
    const { notifications: options, dataDir } = config
    const disk = new NodeSinkDisk()
    this.#parts = parts
    const ports = {
      ...{ clock, poster: this.#poster, env: (name: string) => process.env[name] },
      readText: (path: string) => readFile(path, 'utf8'),
      listeners: {
        isHeard: () => events.isHeard('notification'),
        tell: (notification: Notification) => events.tell('notification', notification),
      },
    }
    this.#notifier = new Notifier({
      ...{ options, clock, random: ambientRandom },
      open: (receiver) => openSenders(receiver, options.externalUrl, ports),
      onGivenUp: (receiver, notification, cause) => this.#giveUp(receiver, notification, cause),
      onChange: () => this.#file?.changed(),
    })
    this.#file =
      dataDir === null || options.receivers.length === 0
        ? undefined
        : new StateFile({
            ...{ path: join(dataDir, FILE), disk, clock, state: () => this.#notifier.keep() },
            ...{ afterMs: 500, share: 1 / 20 },
            onFailure: (error) => events.tell('failure', error),
          })
    this.#leave = options.receivers.length === 0 ? () => undefined : alertNews.subscribe(this.#notifier.take)
  }

  /** With what an earlier process has kept; before any change of an alert is told. */
  static async open(parts: NotificationsOfEngine): Promise<NotificationsDesk> {
    const { dataDir } = parts.config
    const desk = new NotificationsDesk(parts)
    if (desk.#file === undefined || dataDir === null) return desk
    const onFailure = (error: unknown): void => parts.events.tell('failure', error)
    const kept = await StateFile.read<KeptState>(join(dataDir, FILE), new NodeSinkDisk(), onFailure)
    if (kept !== undefined) desk.#notifier.restore(kept)
    return desk
  }

  /** Everything from before the last end is known: tells what came of it. */
  begin(): void {
    const { alerts, config } = this.#parts
    if (config.notifications.receivers.length === 0) return
    const closed = new Map(
      alerts.recent(config.limits.alertHistory, 'resolved').map((alert) => [alert.id, alert]),
    )
    this.#notifier.reconcile(alerts.open(), (id) => closed.get(id))
  }

  get latencies(): readonly ReceiverLatency[] {
    return this.#notifier.latencies
  }

  stats(): ReceiverStats[] {
    return this.#notifier.stats()
  }

  groups(limit: number): GroupView[] {
    return this.#notifier.groups(limit)
  }

  /** Tells a receiver that this is a test; false if there is no such receiver. */
  test(receiver: string): boolean {
    const { clock } = this.#parts
    const group = { groups: 1, groupKey: TEST_RULE, groupLabels: {}, omitted: 0 }
    const alerts = { firing: [testAlert(clock.epochMs())], resolved: [], maxAlerts: 1 }
    const one = { ...group, ...alerts, receiver, reason: 'test' as const, mark: randomUUID() }
    return this.#notifier.offer(receiver, notificationOf(one))
  }

  /** What a receiver has given up, once more; false if it is not of a receiver there is. */
  replay(pipeline: string, receiver: string, item: unknown): boolean {
    return pipeline === NOTIFICATIONS && this.#notifier.offer(receiver, item as Notification)
  }

  async close(limitMs: number): Promise<void> {
    this.#leave()
    await this.#notifier.close(limitMs)
    await this.#file?.close()
    this.#poster.close()
  }

  #giveUp(receiver: string, notification: Notification, cause: string): void {
    const { deadLetters, clock } = this.#parts
    const origin = { id: notification.id, time: clock.epochMs(), device: 0, metric: 0, region: 0, tier: 0 }
    deadLetters.addItem(NOTIFICATIONS, { node: receiver, cause, item: notification, origin })
  }
}

const TEST_RULE = 'notification-test'

const testAlert = (epochMs: number): Alert => ({
  ...{
    id: `${TEST_RULE}:${epochMs}`,
    rule: TEST_RULE,
    series: '0',
    key: 'test',
    device: '',
    metric: '',
    region: '',
  },
  ...{ severity: 'low', state: 'firing', message: 'This is a test: nothing has happened.' },
  ...{ startsAt: epochMs, updatedAt: epochMs, endsAt: null, value: 0, score: 0, peak: 0, count: 1 },
  ...{ replayed: false, labels: { rule: TEST_RULE, severity: 'low' }, acknowledged: null },
  ...{ suppressedBy: [], escalation: 0, evidence: [] },
})
