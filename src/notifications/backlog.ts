/**
 * What waits for one receiver: groups, in the order they came, each once, however much happens to it; what became a dead
 * letter and is offered again goes before them. While it is behind, all groups that wait are told in one summary.
 */
import type { Alert } from '../core/alert.ts'
import { type Contents, type Notification, notificationOf } from './notification.ts'
import type { ReceiverOptions } from './receivers/options.ts'
import type { Taken, Telling } from './telling.ts'

/** What is known here of a group. */
export interface ToldGroup {
  readonly key: string
  readonly labels: Readonly<Record<string, string>>
}

/** What is to be told next. */
export interface Parcel {
  readonly notification: Notification
  readonly takings: readonly (readonly [Telling, Taken])[]
  /** When the oldest of its news came; Infinity = it has none. */
  readonly sinceMs: number
}

export interface BacklogParts {
  readonly options: Pick<ReceiverOptions, 'name' | 'queue'>
  readonly maxAlerts: number
  readonly epochMs: () => number
  /** A group has been told, given up or dropped: it may be done with, or have news since. */
  readonly onSettled: (group: ToldGroup) => void
}

interface Waiting {
  readonly group: ToldGroup
  readonly isRepeat: boolean
}

export class Backlog {
  /** Too many wait, or they may not be told as fast as they come. */
  isBehind = false
  readonly #parts: BacklogParts
  readonly #waiting = new Map<Telling, Waiting>()
  readonly #again: Notification[] = []
  #dropped = 0

  constructor(parts: BacklogParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#waiting.size + this.#again.length
  }

  get groups(): number {
    return this.#waiting.size
  }

  get dropped(): number {
    return this.#dropped
  }

  /** `underWay`: what is being told now. */
  offer(group: ToldGroup, telling: Telling, isRepeat: boolean, underWay: Parcel | undefined): void {
    if (this.#waiting.has(telling)) return
    telling.isOffered = true
    this.#waiting.set(telling, { group, isRepeat: isRepeat && !telling.hasNews })
    if (this.#waiting.size > this.#parts.options.queue.groups) this.#overflow(telling, underWay)
  }

  offerAgain(notification: Notification): void {
    this.#again.push(notification)
  }

  /** It stays here until it is settled. Undefined: nothing waits. */
  next(): Parcel | undefined {
    const [again] = this.#again
    if (again !== undefined) return { notification: again, takings: [], sinceMs: Infinity }
    const chosen = this.#choose(this.isBehind ? Infinity : 1)
    if (chosen.length > 0)
      return {
        notification: notificationOf(this.#contentsOf(chosen)),
        takings: chosen,
        sinceMs: sinceOf(chosen),
      }
    this.isBehind = false
    return undefined
  }

  /** The receiver has it, or it was given up. */
  settle({ takings }: Parcel): void {
    if (takings.length === 0) this.#again.shift()
    for (const [telling, taken] of takings) {
      telling.settle(taken, this.#parts.epochMs())
      this.#leave(telling)
    }
    if (this.#waiting.size <= 1) this.isBehind = false
  }

  #choose(limit: number): [Telling, Taken][] {
    const chosen: [Telling, Taken][] = []
    for (const [telling, { isRepeat }] of this.#waiting) {
      const taken = telling.take(isRepeat)
      if (taken !== undefined) chosen.push([telling, taken])
      // there is nothing to tell of it any more
      else this.#leave(telling)
      if (chosen.length === limit) break
    }
    return chosen
  }

  #contentsOf(chosen: readonly [Telling, Taken][]): Contents {
    const [[telling, taken]] = chosen
    const { name: receiver } = this.#parts.options
    const mark = chosen.map(([{ lastToldAt }]) => lastToldAt).join()
    const sum = { receiver, maxAlerts: this.#parts.maxAlerts, mark, groups: chosen.length }
    if (chosen.length === 1) {
      const { group, isRepeat } = this.#waiting.get(telling) as Waiting
      const reason = isRepeat && !telling.hasNews ? 'repeat' : 'news'
      return { ...sum, reason, groupKey: group.key, groupLabels: group.labels, ...taken }
    }
    const all = chosen.map(([, each]) => each)
    return {
      ...{ ...sum, reason: 'summary', groupKey: '', groupLabels: {} },
      firing: unique(all.flatMap(({ firing }) => firing)),
      resolved: unique(all.flatMap(({ resolved }) => resolved)),
      omitted: all.reduce((count, { omitted }) => count + omitted, 0),
    }
  }

  #overflow(newest: Telling, underWay: Parcel | undefined): void {
    const { whenFull } = this.#parts.options.queue
    if (whenFull === 'summarise') {
      this.isBehind = true
      return
    }
    const busy = new Set(underWay?.takings.map(([telling]) => telling))
    const oldest = [...this.#waiting.keys()].find((telling) => !busy.has(telling)) ?? newest
    const loser = whenFull === 'drop-newest' ? newest : oldest
    this.#dropped++
    loser.drop(this.#parts.epochMs())
    this.#leave(loser)
  }

  #leave(telling: Telling): void {
    const waiting = this.#waiting.get(telling)
    this.#waiting.delete(telling)
    telling.isOffered = false
    if (waiting !== undefined) this.#parts.onSettled(waiting.group)
  }
}

/** Whether there is news since it was put together. */
export const isStale = ({ takings }: Parcel): boolean =>
  takings.some(([telling, { version }]) => telling.version !== version)

const sinceOf = (chosen: readonly [Telling, Taken][]): number =>
  chosen.reduce((least, [, { sinceMs }]) => Math.min(least, sinceMs), Infinity)

/** An alert can be in several groups. */
const unique = (alerts: readonly Alert[]): Alert[] => [
  ...new Map(alerts.map((alert) => [alert.id, alert])).values(),
]
