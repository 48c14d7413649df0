/**
 * Alerts of one route that agree in the labels it groups by. A group is told `groupWait` after its first alert; then
 * never sooner than `groupInterval` after it was told last, nor sooner than `groupWait` after the news; and again
 * without news after `repeatInterval`, while something fires that nobody has acknowledged.
 */
import type { Labels } from '../alerts/labels.ts'
import type { Alert } from '../core/alert.ts'
import type { ReceiverLane } from './receiver-lane.ts'
import type { Route } from './route-tree.ts'
import { Telling } from './telling.ts'
import { isTold } from './told-alerts.ts'

export interface GroupParts {
  readonly key: string
  readonly route: Route
  readonly labels: Labels
  readonly lanes: readonly ReceiverLane[]
}

export class Group {
  readonly key: string
  readonly route: Route
  readonly labels: Labels
  readonly members = new Map<string, Alert>()
  readonly tellings: ReadonlyMap<ReceiverLane, Telling>
  /** When it was handed to its receivers last, on the clock of this process. */
  flushedMs = -Infinity

  constructor({ key, route, labels, lanes }: GroupParts) {
    this.key = key
    this.route = route
    this.labels = labels
    this.tellings = new Map(lanes.map((lane) => [lane, new Telling(this.members, lane.tellingOptions)]))
  }

  /** The alert fires and belongs here; `again`: it is to be told even to who knows it. */
  takes(alert: Alert, again: boolean, nowMs: number, epochMs: number): void {
    const before = this.members.get(alert.id)
    this.members.set(alert.id, alert)
    for (const telling of this.tellings.values()) {
      if (before !== undefined && before.labels !== alert.labels)
        telling.relabelled(before, alert, nowMs, epochMs)
      telling.fires(alert, again, nowMs)
    }
  }

  /** Nothing of it has to be told. */
  renews(alert: Alert): void {
    this.members.set(alert.id, alert)
  }

  /** The alert is over, or doesn't belong here any more. */
  loses(alert: Alert, nowMs: number): void {
    if (!this.members.delete(alert.id)) return
    for (const telling of this.tellings.values()) telling.ends(alert, nowMs)
  }

  get hasNews(): boolean {
    for (const { hasNews } of this.tellings.values()) if (hasNews) return true
    return false
  }

  get isDone(): boolean {
    if (this.members.size > 0) return false
    for (const { isDone } of this.tellings.values()) if (!isDone) return false
    return true
  }

  /** When news of now is to be handed on. */
  dueForNews(nowMs: number): number {
    const { groupWait, groupInterval } = this.route
    if (this.flushedMs === -Infinity) return nowMs + groupWait
    return Math.max(this.flushedMs + groupInterval, nowMs + Math.min(groupWait, groupInterval))
  }

  /** Hands to receivers what they are due; returns when it is to be looked at again, Infinity = when there is news. */
  flush(nowMs: number, epochMs: number): number {
    const isUnseen = this.#isUnseen()
    for (const [lane, telling] of this.tellings) {
      const isRepeat =
        isUnseen && lane.repeats && !telling.isOffered && this.#repeatMs(telling, nowMs, epochMs) <= nowMs
      if (!telling.hasNews && !isRepeat) continue
      lane.offer(this, telling, isRepeat)
      this.flushedMs = nowMs
    }
    return this.repeatsAt(nowMs, epochMs)
  }

  /** When it is to be told although nothing has changed; Infinity = not at all. */
  repeatsAt(nowMs: number, epochMs: number): number {
    let nextMs = Infinity
    for (const [lane, telling] of this.tellings)
      if (lane.repeats) nextMs = Math.min(nextMs, this.#repeatMs(telling, nowMs, epochMs))
    return nextMs === Infinity || !this.#isUnseen() ? Infinity : nextMs
  }

  #repeatMs({ lastToldAt, isOffered }: Telling, nowMs: number, epochMs: number): number {
    const { repeatInterval } = this.route
    if (lastToldAt === 0 || isOffered) return nowMs + repeatInterval
    return nowMs + Math.max(0, lastToldAt + repeatInterval - epochMs)
  }

  #isUnseen(): boolean {
    for (const alert of this.members.values()) if (isTold(alert) && alert.acknowledged === null) return true
    return false
  }
}
