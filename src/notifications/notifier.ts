/**
 * From changes of alerts to notifications: each alert goes to the groups of the routes that its labels lead to, each
 * group, when it is due, to the lanes of its receiver. Costs a look-up per change; everything else is done per group.
 */
import type { Alert, AlertChange } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { ReceiverStats } from '../core/stats.ts'
import { LatencyBuckets } from '../observability/latency-buckets.ts'
import type { ToldGroup } from './backlog.ts'
import { DueTimes } from './due-times.ts'
import { Group } from './group.ts'
import { keptAlert, type KeptState, keptGroup } from './kept-state.ts'
import type { Notification } from './notification.ts'
import type { NotificationOptions } from './options.ts'
import { ReceiverLane } from './receiver-lane.ts'
import { groupKeyOf, groupLabelsOf, type Route, RouteTree } from './route-tree.ts'
import type { Sender } from './sender.ts'
import type { ReceiverOptions } from './receivers/options.ts'
import { isTold } from './told-alerts.ts'

export interface NotifierParts {
  readonly options: NotificationOptions
  readonly clock: Clock
  readonly random: Random
  /** The ways to a receiver: one, or one for each member of a cluster. */
  readonly open: (receiver: ReceiverOptions) => readonly Sender[]
  readonly onGivenUp: (receiver: string, notification: Notification, cause: string) => void
  /** What would have to be kept over a restart is not what it was. */
  readonly onChange: () => void
}

interface Tracked {
  alert: Alert
  groups: Group[]
}

/** A group of alerts that somebody is told of, for people to look at. */
export interface GroupView {
  readonly key: string
  readonly receiver: string
  readonly labels: Readonly<Record<string, string>>
  readonly firing: number
  readonly suppressed: number
  readonly isWaiting: boolean
  /** Milliseconds since the epoch; null = it has not been told yet. */
  readonly lastToldAt: number | null
}

/** The latency of notifications of one receiver. */
export interface ReceiverLatency {
  readonly receiver: string
  readonly buckets: LatencyBuckets
}

export class Notifier {
  readonly #parts: NotifierParts
  readonly #tree: RouteTree
  readonly #lanes = new Map<string, readonly ReceiverLane[]>()
  readonly #latencies: ReceiverLatency[] = []
  readonly #groups = new Map<string, Group>()
  readonly #alerts = new Map<string, Tracked>()
  readonly #due: DueTimes<Group>
  #isClosed = false

  constructor(parts: NotifierParts) {
    const { options, clock } = parts
    this.#parts = parts
    this.#tree = new RouteTree(options)
    this.#due = new DueTimes(clock, (group) => this.#flush(group))
    for (const receiver of options.receivers) this.#lanes.set(receiver.name, this.#openLanes(receiver))
  }

  get latencies(): readonly ReceiverLatency[] {
    return this.#latencies
  }

  /** An alert has changed. */
  readonly take = (alert: Alert, change: AlertChange): void => {
    if (this.#isClosed) return
    if (alert.state === 'firing') this.#firing(alert, change)
    else if (alert.state === 'resolved') this.#resolved(alert)
  }

  stats(): ReceiverStats[] {
    return [...this.#lanes.values()].flatMap((lanes) => lanes.map((lane) => lane.stats()))
  }

  groups(limit: number): GroupView[] {
    return [...this.#groups.values()].slice(0, limit).map(viewOf)
  }

  /** Hands a receiver what became a dead letter, or a test; false if there is no such receiver. */
  offer(receiver: string, notification: Notification): boolean {
    const lanes = this.#lanes.get(receiver)
    for (const lane of lanes ?? []) lane.offerAgain(notification)
    return lanes !== undefined
  }

  /** What the next process has to know. */
  keep(): KeptState {
    const groups = [...this.#groups.values()].map(keptGroup)
    const ids = new Set(groups.flatMap(({ lanes }) => lanes.flatMap(({ told }) => told)))
    const alerts = [...ids].flatMap((id) => {
      const tracked = this.#alerts.get(id)
      return tracked === undefined ? [] : [keptAlert(tracked.alert)]
    })
    return { version: 1, groups: groups.filter(({ lanes }) => lanes.length > 0), alerts }
  }

  /** Takes over what an earlier process knew, before anything else is taken. */
  restore({ groups, alerts }: KeptState): void {
    const byId = new Map(alerts.map((alert) => [alert.id, alert]))
    const routes = new Map(this.#tree.routes.map((route) => [route.key, route]))
    for (const kept of groups) {
      const route = routes.get(kept.route)
      if (route === undefined || route.receiver !== kept.receiver) continue
      const group = this.#groupOf(route, kept.labels)
      this.#restoreLanes(group, kept)
      for (const id of kept.lanes.flatMap(({ told }) => told)) {
        const alert = byId.get(id)
        if (alert !== undefined) this.#restoreMember(group, alert)
      }
    }
  }

  /** Once everything from before is known: what fires now and what doesn't any more. */
  reconcile(open: readonly Alert[], closed: (id: string) => Alert | undefined): void {
    const ids = new Set(open.map(({ id }) => id))
    const epochMs = this.#parts.clock.epochMs()
    const gone = [...this.#alerts.values()].filter(({ alert }) => !ids.has(alert.id))
    for (const { alert } of gone) {
      const last = closed(alert.id)
      this.#resolved(last?.state === 'resolved' ? last : { ...alert, state: 'resolved', endsAt: epochMs })
    }
    for (const alert of open) if (alert.state === 'firing') this.#firing(alert, 'raised')
    for (const group of [...this.#groups.values()]) this.#settled(group)
  }

  /** Tells everything that is due or would be soon, for up to `limitMs`; then nobody is told any more. */
  async close(limitMs: number): Promise<void> {
    this.#due.runAll()
    this.#isClosed = true
    this.#due.close()
    const lanes = [...this.#lanes.values()].flat()
    await Promise.all(lanes.map((lane) => lane.close(limitMs)))
  }

  #openLanes(receiver: ReceiverOptions): ReceiverLane[] {
    const { clock, random, open, onGivenUp } = this.#parts
    const latency = new LatencyBuckets()
    this.#latencies.push({ receiver: receiver.name, buckets: latency })
    return open(receiver).map((sender) => {
      const lane: ReceiverLane = new ReceiverLane({
        ...{ options: receiver, sender, clock, random, latency },
        onGivenUp: (notification, cause) => onGivenUp(receiver.name, notification, cause),
        onSettled: (group) => this.#settledKey(group),
        known: () => this.#knownTo(lane),
      })
      return lane
    })
  }

  #firing(alert: Alert, change: AlertChange): void {
    const { clock } = this.#parts
    const tracked = this.#alerts.get(alert.id)
    if (tracked === undefined) return this.#adopt(alert)
    const { alert: before } = tracked
    tracked.alert = alert
    if (before.labels !== alert.labels) this.#reroute(tracked, before)
    const again = change === 'escalated' || (change === 'updated' && before.severity !== alert.severity)
    const isSame = !again && before.labels === alert.labels && before.suppressedBy.length === 0
    for (const group of tracked.groups) {
      if (isSame && alert.suppressedBy.length === 0 && group.members.has(alert.id)) group.renews(alert)
      else this.#give(group, alert, again, clock.nowMs())
    }
  }

  #adopt(alert: Alert): void {
    const groups = this.#groupsOf(alert)
    if (groups.length === 0) return
    this.#alerts.set(alert.id, { alert, groups })
    for (const group of groups) this.#give(group, alert, false, this.#parts.clock.nowMs())
  }

  #give(group: Group, alert: Alert, again: boolean, nowMs: number): void {
    group.takes(alert, again, nowMs, this.#parts.clock.epochMs())
    if (group.hasNews) this.#due.setEarlier(group, group.dueForNews(nowMs))
  }

  /** Where it doesn't belong any more it is over. */
  #reroute(tracked: Tracked, before: Alert): void {
    const { clock } = this.#parts
    const groups = this.#groupsOf(tracked.alert)
    for (const group of tracked.groups)
      if (!groups.includes(group))
        this.#lose(group, { ...before, state: 'resolved', endsAt: clock.epochMs() })
    tracked.groups = groups
  }

  #resolved(alert: Alert): void {
    const tracked = this.#alerts.get(alert.id)
    if (tracked === undefined) return
    this.#alerts.delete(alert.id)
    for (const group of tracked.groups) this.#lose(group, alert)
  }

  #lose(group: Group, alert: Alert): void {
    const nowMs = this.#parts.clock.nowMs()
    group.loses(alert, nowMs)
    if (group.hasNews) this.#due.setEarlier(group, group.dueForNews(nowMs))
    else if (group.isDone) this.#remove(group)
  }

  #groupsOf({ labels }: Alert): Group[] {
    return this.#tree.match(labels).map((route) => this.#groupOf(route, groupLabelsOf(route, labels)))
  }

  #groupOf(route: Route, labels: Group['labels']): Group {
    const key = groupKeyOf(route, labels)
    const found = this.#groups.get(key)
    if (found !== undefined) return found
    const group = new Group({ key, route, labels, lanes: this.#lanes.get(route.receiver ?? '') ?? [] })
    this.#groups.set(key, group)
    return group
  }

  #flush(group: Group): void {
    const { clock, onChange } = this.#parts
    const nowMs = clock.nowMs()
    const nextMs = group.flush(nowMs, clock.epochMs())
    if (nextMs !== Infinity) this.#due.setEarlier(group, nextMs)
    else if (group.isDone) this.#remove(group)
    onChange()
  }

  #settledKey({ key }: ToldGroup): void {
    const group = this.#groups.get(key)
    if (group !== undefined) this.#settled(group)
    this.#parts.onChange()
  }

  /** It has been told: what came since is due in its time, what didn't change is repeated in its time. */
  #settled(group: Group): void {
    if (this.#isClosed) return
    const { clock } = this.#parts
    const nowMs = clock.nowMs()
    if (group.hasNews) return this.#due.setEarlier(group, group.dueForNews(nowMs))
    if (group.isDone) return this.#remove(group)
    const nextMs = group.repeatsAt(nowMs, clock.epochMs())
    if (nextMs !== Infinity) this.#due.set(group, nextMs)
  }

  #remove(group: Group): void {
    this.#due.delete(group)
    this.#groups.delete(group.key)
  }

  *#knownTo(lane: ReceiverLane): Generator<Alert> {
    for (const { members, tellings } of this.#groups.values()) {
      const told = tellings.get(lane)?.told ?? []
      for (const id of told) {
        const alert = members.get(id)
        if (alert !== undefined && isTold(alert)) yield alert
      }
    }
  }

  #restoreLanes(group: Group, { lanes }: KeptState['groups'][number]): void {
    const nowMs = this.#parts.clock.nowMs()
    for (const [lane, telling] of group.tellings) {
      const kept = lanes.find(({ target }) => target === lane.target)
      if (kept !== undefined) telling.restore(kept.lastToldAt, kept.told, kept.over, kept.omitted, nowMs)
    }
    group.flushedMs = nowMs - group.route.groupInterval
  }

  #restoreMember(group: Group, alert: Alert): void {
    const tracked = this.#alerts.get(alert.id) ?? { alert, groups: [] }
    if (!tracked.groups.includes(group)) tracked.groups.push(group)
    this.#alerts.set(alert.id, tracked)
    group.renews(alert)
  }
}

function viewOf({ key, labels, route, members, tellings }: Group): GroupView {
  const firing = [...members.values()].filter(isTold).length
  const all = [...tellings.values()]
  const lastToldAt = Math.max(0, ...all.map((telling) => telling.lastToldAt))
  return {
    ...{ key, receiver: route.receiver ?? '', labels, firing, suppressed: members.size - firing },
    isWaiting: all.some(({ isOffered, hasNews }) => isOffered || hasNews),
    lastToldAt: lastToldAt === 0 ? null : lastToldAt,
  }
}
