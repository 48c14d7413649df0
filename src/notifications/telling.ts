/**
 * What one receiver has been told of one group, and what it has yet to be told. What waits is not a list of messages but
 * the difference between the two: however long the receiver is down, it is told how things are, each alert once.
 */
import type { Alert } from '../core/alert.ts'
import { isTold } from './told-alerts.ts'

/** What goes into one attempt. */
export interface Taken {
  readonly firing: readonly Alert[]
  readonly resolved: readonly Alert[]
  readonly omitted: number
  /** When the oldest of its news came. */
  readonly sinceMs: number
  /** Of the telling when this was taken: another one means that there is news. */
  readonly version: number
  readonly news: readonly (readonly [string, number])[]
  readonly over: readonly (readonly [string, Over])[]
}

interface Over {
  readonly alert: Alert
  readonly sinceMs: number
}

export interface TellingOptions {
  /** Whether it is told of alerts that are over. */
  readonly sendResolved: boolean
  /** How many that are over may wait. */
  readonly mostResolved: number
  /** Alerts are the same to it as long as their labels are, and it hears of an alert only when that changes. */
  readonly isByLabels: boolean
}

export class Telling {
  /** Alerts it knows as firing. */
  readonly told = new Set<string>()
  /** When all it was due was told last, milliseconds since the epoch; 0 = never. */
  lastToldAt = 0
  /** Waits with its receiver. */
  isOffered = false
  readonly #options: TellingOptions
  readonly #members: ReadonlyMap<string, Alert>
  /** Firing alerts that it doesn't know yet, or is to hear of again, and since when. */
  readonly #news = new Map<string, number>()
  readonly #over = new Map<string, Over>()
  #omitted = 0
  #version = 0

  constructor(members: ReadonlyMap<string, Alert>, options: TellingOptions) {
    this.#members = members
    this.#options = options
  }

  get version(): number {
    return this.#version
  }

  get hasNews(): boolean {
    return this.#news.size > 0 || this.#over.size > 0
  }

  get isDone(): boolean {
    return !this.hasNews && !this.isOffered
  }

  /** What is over and has not been told yet. */
  get over(): Alert[] {
    return Array.from(this.#over.values(), ({ alert }) => alert)
  }

  get omitted(): number {
    return this.#omitted
  }

  /** Takes over what an earlier process has noted. */
  restore(
    lastToldAt: number,
    told: readonly string[],
    over: readonly Alert[],
    omitted: number,
    nowMs: number,
  ): void {
    this.lastToldAt = lastToldAt
    for (const id of told) this.told.add(id)
    for (const alert of over) this.#over.set(alert.id, { alert, sinceMs: nowMs })
    this.#omitted = omitted
  }

  /** The alert fires; `again`: also where that is known. */
  fires({ id, suppressedBy }: Alert, again: boolean, nowMs: number): void {
    if (suppressedBy.length > 0) return this.#withhold(id)
    if (this.#news.has(id) || (this.told.has(id) && !again)) return
    this.#news.set(id, nowMs)
    this.#version++
  }

  /** Its labels are not what they were. */
  relabelled(before: Alert, alert: Alert, nowMs: number, epochMs: number): void {
    if (!this.#options.isByLabels) return
    if (this.told.has(alert.id)) {
      const over = { ...before, state: 'resolved' as const, endsAt: epochMs }
      this.#setOver(`${before.id} ${before.severity} ${before.region}`, over, nowMs)
    }
    this.fires(alert, true, nowMs)
  }

  /** The alert is over, or not the group's any more. What was never told, and isn't about to be, needs no end. */
  ends(alert: Alert, nowMs: number): void {
    const wasNews = this.#news.delete(alert.id)
    const isAwaited = this.told.has(alert.id) || (wasNews && this.isOffered)
    this.#version++
    if (isAwaited && this.#options.sendResolved) this.#setOver(alert.id, alert, nowMs)
    else this.told.delete(alert.id)
  }

  /** For an attempt; undefined: nothing is to be told. */
  take(isRepeat: boolean): Taken | undefined {
    if (!isRepeat && !this.hasNews) return undefined
    const { isByLabels } = this.#options
    const firing: Alert[] = []
    const candidates = isByLabels ? this.#newMembers() : this.#members.values()
    for (const alert of candidates) if (isTold(alert)) firing.push(alert)
    const resolved = this.over
    if (firing.length === 0 && resolved.length === 0) return undefined
    const [news, over] = [[...this.#news], [...this.#over]]
    const since = [...news.map(([, ms]) => ms), ...over.map(([, { sinceMs }]) => sinceMs)]
    const sinceMs = since.reduce((least, ms) => Math.min(least, ms), Infinity)
    return { firing, resolved, omitted: this.#omitted, sinceMs, version: this.#version, news, over }
  }

  /** The receiver has it, or it was given up: either way it is not told again. */
  settle({ news, over, omitted }: Taken, epochMs: number): void {
    for (const [id, sinceMs] of news) {
      if (this.#news.get(id) === sinceMs) this.#news.delete(id)
      if (this.#members.has(id) || this.#over.has(id)) this.told.add(id)
    }
    for (const [key, entry] of over) {
      if (this.#over.get(key) === entry) this.#over.delete(key)
      if (!this.#members.has(key)) this.told.delete(key)
    }
    this.#omitted -= omitted
    this.lastToldAt = epochMs
  }

  /** Gives way: what it was to be told is forgotten. */
  drop(epochMs: number): void {
    for (const id of this.#over.keys()) this.told.delete(id)
    this.#news.clear()
    this.#over.clear()
    this.#omitted = 0
    this.#version++
    this.lastToldAt = epochMs
  }

  *#newMembers(): Generator<Alert> {
    for (const id of this.#news.keys()) {
      const alert = this.#members.get(id)
      if (alert !== undefined) yield alert
    }
  }

  #withhold(id: string): void {
    if (this.#news.delete(id)) this.#version++
  }

  #setOver(key: string, alert: Alert, nowMs: number): void {
    this.#over.set(key, { alert, sinceMs: nowMs })
    this.#version++
    if (this.#over.size <= this.#options.mostResolved) return
    const [oldest] = this.#over.keys()
    this.#over.delete(oldest)
    this.told.delete(oldest)
    this.#omitted++
  }
}
