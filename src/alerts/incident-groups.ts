/**
 * Alerts about devices that are members of an incident: the incident's own alert speaks for them. An alert keeps the name
 * of the incident that it was put under, also when that has become part of another.
 */
import type { OpenAlert } from './open-alert.ts'

/** The rule of an incident's own alert. */
export const INCIDENT_RULE = 'incident'

/** The open incident that a device is a member of; '' = none. */
export type IncidentOf = (device: number) => string

export class IncidentGroups {
  readonly #incidentOf: IncidentOf
  readonly #groups = new Map<string, Set<OpenAlert>>()

  constructor(incidentOf: IncidentOf) {
    this.#incidentOf = incidentOf
  }

  /** Puts the alert where its device belongs now. */
  place(open: OpenAlert): void {
    const incident = open.isOpen && typeof open.slot === 'bigint' ? this.#of(open.slot) : ''
    const group = incident === '' ? undefined : this.#group(incident)
    if (group === open.incidentGroup) return
    open.incidentGroup?.delete(open)
    group?.add(open)
    open.incidentGroup = group
    open.incident = incident
  }

  /** All of the one belong to the other now. */
  merge(gone: string, kept: string): void {
    const [a, b] = [this.#group(gone), this.#group(kept)]
    const [larger, smaller] = a.size > b.size ? [a, b] : [b, a]
    for (const open of smaller) {
      larger.add(open)
      open.incidentGroup = larger
    }
    this.#groups.delete(gone)
    this.#groups.set(kept, larger)
  }

  /** The incident is over; those that it spoke for. */
  end(incident: string): OpenAlert[] {
    const group = [...(this.#groups.get(incident) ?? [])]
    this.#groups.delete(incident)
    for (const open of group) {
      open.incident = ''
      open.incidentGroup = undefined
    }
    return group
  }

  #of(series: bigint): string {
    return this.#incidentOf(Number(series >> 16n))
  }

  #group(incident: string): Set<OpenAlert> {
    let group = this.#groups.get(incident)
    if (group === undefined) this.#groups.set(incident, (group = new Set()))
    return group
  }
}
