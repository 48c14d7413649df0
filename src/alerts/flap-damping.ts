/** What flapping makes of alerts: begins and ends are counted, and who was calm again is told so once. */
import type { Alert } from '../core/alert.ts'
import { type Flap, type FlapNote, type FlapWatch, noteOf } from './flap-watch.ts'
import type { OpenAlert } from './open-alert.ts'
import type { OpenAlerts } from './open-alerts.ts'

export interface FlapDampingParts {
  readonly flaps: FlapWatch
  readonly open: OpenAlerts
  readonly noteDown: (flap: FlapNote) => void
  /** The reasons why it is not told have changed. */
  readonly reconsider: (open: OpenAlert) => void
  /** An alert that has ended is another now, and nothing keeps it from being told if `isReleased`. */
  readonly changeClosed: (alert: Alert, isReleased: boolean) => void
}

export class FlapDamping {
  readonly #parts: FlapDampingParts

  constructor(parts: FlapDampingParts) {
    this.#parts = parts
  }

  fires(open: OpenAlert, now: number): void {
    const { flaps, noteDown } = this.#parts
    const { rule } = open.alert
    open.firesSince = now
    const was = flaps.isFlapping(rule, open.slot)
    const flap = flaps.begin(rule, open.slot, now)
    open.isFlapping = flap !== undefined
    if (flap !== undefined && !was) noteDown(noteOf(flap))
  }

  ends(open: OpenAlert, resolved: Alert, now: number): void {
    const { flaps, noteDown } = this.#parts
    const was = flaps.isFlapping(resolved.rule, open.slot)
    const flap = flaps.end(resolved.rule, open.slot, open.firesSince, now)
    if (flap === undefined) return
    flap.last = resolved
    if (!was) noteDown(noteOf(flap))
  }

  /** Ends the flapping of what has been calm for long enough. */
  advance(now: number): void {
    const { flaps } = this.#parts
    for (let flap = flaps.takeCalm(now); flap !== undefined; flap = flaps.takeCalm(now)) this.#calm(flap)
  }

  /** Told once: the open alert, or that the last one has ended. */
  #calm(flap: Flap): void {
    const { open: alerts, noteDown, reconsider, changeClosed } = this.#parts
    noteDown(noteOf(flap))
    const open = alerts.find(flap.rule, flap.slot)
    const { last } = flap
    flap.last = null
    if (open !== undefined) {
      open.isFlapping = false
      reconsider(open)
    } else if (last?.suppressedBy.includes('flapping')) {
      const suppressedBy = last.suppressedBy.filter((reason) => reason !== 'flapping')
      changeClosed({ ...last, suppressedBy }, suppressedBy.length === 0)
    }
  }
}
