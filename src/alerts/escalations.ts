/**
 * What happens to an alert that nobody acknowledges: after a time its severity goes up and it gets labels by which
 * receivers are chosen, step by step. The time runs while it fires and is told: an acknowledgement ends it, and after a
 * silence, a hold or the end of an acknowledgement it begins anew; steps that have been taken stay taken.
 */
import { Deadlines } from './deadlines.ts'
import type { EscalationPolicy, EscalationStep } from './escalation-policy.ts'
import { matchesAll } from './matcher.ts'
import type { OpenAlert } from './open-alert.ts'

interface Due {
  readonly open: OpenAlert
  readonly step: number
  readonly waitingSince: number
}

export class Escalations {
  readonly #policies: readonly EscalationPolicy[]
  readonly #due = new Deadlines<Due>()

  constructor(policies: readonly EscalationPolicy[]) {
    this.#policies = policies
  }

  /** Looks whether the time runs; returns whether that is something new. */
  look(open: OpenAlert, now: number): boolean {
    if (this.#policies.length === 0) return false
    const { state, acknowledged, suppressedBy, escalation } = open.alert
    if (escalation === 0) open.policy = this.#policyOf(open)
    const runs = open.isOpen && state === 'firing' && acknowledged === null && suppressedBy.length === 0
    if (!runs || open.policy === undefined) {
      open.waitingSince = 0
      return false
    }
    if (open.waitingSince !== 0) return false
    open.waitingSince = now
    this.#schedule(open)
    return true
  }

  /** Goes on where it was before the engine's last end. */
  resume(open: OpenAlert, waitingSince: number): void {
    open.policy = this.#policyOf(open)
    if (open.policy === undefined || waitingSince === 0) return
    open.waitingSince = waitingSince
    this.#schedule(open)
  }

  /** The next step that is due, of an alert for which the time still runs as it did. */
  take(now: number): { open: OpenAlert; step: EscalationStep } | undefined {
    for (let due = this.#due.take(now); due !== undefined; due = this.#due.take(now)) {
      const { open, step, waitingSince } = due
      const taken = open.policy?.steps[step]
      if (taken === undefined || !open.isOpen || open.waitingSince !== waitingSince) continue
      if (open.alert.escalation === step) return { open, step: taken }
    }
    return undefined
  }

  /** The step has been taken. */
  taken(open: OpenAlert): void {
    if (open.waitingSince !== 0) this.#schedule(open)
  }

  #policyOf({ alert }: OpenAlert): EscalationPolicy | undefined {
    return this.#policies.find(({ match }) => matchesAll(match, alert.labels))
  }

  #schedule(open: OpenAlert): void {
    const step = open.alert.escalation
    const next = open.policy?.steps[step]
    const { waitingSince } = open
    if (next !== undefined) this.#due.add(waitingSince + next.afterMs, { open, step, waitingSince })
  }
}
