/**
 * What an earlier process has kept of the lives of alerts, while the alerts themselves come back: from the checkpoint, or
 * raised again by readings that are replayed. Each alert is put where it was told to be last.
 */
import { type AlertKeeping, type AlertMark, marked } from './alert-notes.ts'
import type { OpenAlert } from './open-alert.ts'
import type { OpenAlerts } from './open-alerts.ts'

export class KeptLives {
  readonly #open: OpenAlerts
  /** All by id of the alert. */
  readonly #marks = new Map<string, AlertMark>()
  readonly #waiting = new Map<string, number>()
  readonly #pendingUntil = new Map<string, readonly [until: number, untilTime: number]>()

  constructor(open: OpenAlerts) {
    this.#open = open
  }

  adopt({ waiting, pending }: Pick<AlertKeeping, 'waiting' | 'pending'>): void {
    for (const [id, since] of waiting) this.#waiting.set(id, since)
    for (const [id, until, untilTime] of pending) this.#pendingUntil.set(id, [until, untilTime])
  }

  /** It was told so after the checkpoint. */
  replay(mark: AlertMark): void {
    this.#marks.set(mark.id, mark)
    const open = this.#open.get(mark.id)
    if (open !== undefined) this.revive(open)
  }

  /** Puts the alert where it was told to be last; false if nothing is known of that. */
  revive(open: OpenAlert): boolean {
    const mark = this.#marks.get(open.alert.id)
    if (mark === undefined) return false
    this.#open.put(open, marked(open.alert, mark))
    this.#waiting.set(mark.id, mark.waitingSince)
    open.isFlapping = mark.suppressedBy.includes('flapping')
    return true
  }

  /** Is it pending, and known until when? Then it is so from now on. */
  resumePending(open: OpenAlert): boolean {
    const until = this.#pendingUntil.get(open.alert.id)
    if (until === undefined || open.alert.state !== 'pending') return false
    ;[open.pendingUntil, open.pendingUntilTime] = until
    return true
  }

  /** Since when it has been waiting for somebody; 0 = it isn't. */
  waitingSince({ alert }: OpenAlert): number {
    return this.#waiting.get(alert.id) ?? 0
  }

  clear(): void {
    for (const map of [this.#marks, this.#waiting, this.#pendingUntil]) map.clear()
  }
}
