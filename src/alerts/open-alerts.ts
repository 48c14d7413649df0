import type { Alert } from '../core/alert.ts'
import { AlertTally, type AlertStandings } from './alert-tally.ts'
import { ChangeOrder, type OpenAlert, type Slot } from './open-alert.ts'

/** The open alerts: by rule and slot, by id, and by their latest change. */
export class OpenAlerts {
  readonly #byRule = new Map<string, Map<Slot, OpenAlert>>()
  readonly #byId = new Map<string, OpenAlert>()
  readonly #order = new ChangeOrder()
  readonly #tally = new AlertTally()
  #size = 0

  get size(): number {
    return this.#size
  }

  get newest(): OpenAlert | undefined {
    return this.#order.newest
  }

  get standings(): AlertStandings {
    return this.#tally.read()
  }

  find(rule: string, slot: Slot): OpenAlert | undefined {
    return this.#byRule.get(rule)?.get(slot)
  }

  get(id: string): OpenAlert | undefined {
    return this.#byId.get(id)
  }

  /** All of them, or those of one rule. They may change or end meanwhile. */
  list(rule?: string): OpenAlert[] {
    if (rule !== undefined) return [...(this.#byRule.get(rule)?.values() ?? [])]
    return [...this.#byRule.values()].flatMap((ofRule) => [...ofRule.values()])
  }

  add(open: OpenAlert): void {
    const { rule, id } = open.alert
    let ofRule = this.#byRule.get(rule)
    if (ofRule === undefined) {
      ofRule = new Map()
      this.#byRule.set(rule, ofRule)
    }
    ofRule.set(open.slot, open)
    this.#byId.set(id, open)
    this.#size++
    this.#tally.move(undefined, open.alert)
    this.#order.touch(open)
  }

  /** The same one, changed. */
  put(open: OpenAlert, alert: Alert): void {
    this.#tally.move(open.alert, alert)
    open.alert = alert
    this.#order.touch(open)
  }

  /** A number of a change, for an alert that isn't open. */
  nextSequence(): number {
    return this.#order.nextSequence()
  }

  /** Returns the number of this change. */
  remove(open: OpenAlert): number {
    const { rule, id } = open.alert
    const ofRule = this.#byRule.get(rule)
    ofRule?.delete(open.slot)
    if (ofRule?.size === 0) this.#byRule.delete(rule)
    if (this.#byId.get(id) === open) this.#byId.delete(id)
    this.#size--
    this.#tally.move(open.alert, undefined)
    this.#order.remove(open)
    open.isOpen = false
    return this.#order.nextSequence()
  }
}
