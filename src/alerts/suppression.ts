/**
 * Why open alerts are not told: silences, holds, other alerts that speak for them, flapping. It keeps what each alert is
 * in (`OpenAlert.mutes`, `.inhibitor`, `.isFlapping`); what follows for the alert's value is its caller's to see to.
 */
import type { Clock } from '../core/clock.ts'
import type { Mute } from '../core/alert.ts'
import { type FlapOptions, FlapWatch } from './flap-watch.ts'
import { type InhibitionRule, Inhibitions } from './inhibitions.ts'
import { IncidentGroups, type IncidentOf } from './incident-groups.ts'
import { matchesAll } from './matcher.ts'
import { Mutes } from './mutes.ts'
import type { ActiveMute, OpenAlert } from './open-alert.ts'

export interface SuppressionOptions {
  readonly clock: Clock
  readonly inhibitions: readonly InhibitionRule[]
  readonly flapping: FlapOptions
  /** Silences that have not ended, and as many holds. */
  readonly maxMutes: number
  readonly incidentOf: IncidentOf
  readonly noteSilence: (mute: Mute) => void
  readonly noteHold: (mute: Mute) => void
}

/** Called with alerts whose reasons may be others now. */
export type Affected = (open: OpenAlert) => void

export class Suppression {
  readonly silences: Mutes
  readonly holds: Mutes
  readonly flaps: FlapWatch
  readonly incidents: IncidentGroups
  readonly #inhibitions: Inhibitions

  constructor({
    clock,
    inhibitions,
    flapping,
    maxMutes,
    incidentOf,
    noteSilence,
    noteHold,
  }: SuppressionOptions) {
    this.silences = new Mutes({ kind: 'silence', clock, max: maxMutes, noteDown: noteSilence })
    this.holds = new Mutes({ kind: 'maintenance', clock, max: maxMutes, noteDown: noteHold })
    this.flaps = new FlapWatch(flapping)
    this.incidents = new IncidentGroups(incidentOf)
    this.#inhibitions = new Inhibitions(inhibitions)
  }

  /** It is new, or its labels or its state have changed. */
  place(open: OpenAlert, affected: Affected): void {
    const held = this.holds.matching(open.alert.labels)
    const silenced = this.silences.matching(open.alert.labels)
    if (held !== undefined || silenced !== undefined || open.mutes.length > 0)
      setMutes(open, [...(held ?? []), ...(silenced ?? [])])
    this.incidents.place(open)
    this.#inhibitions.place(open, affected)
  }

  /** It has ended. */
  leave(open: OpenAlert, affected: Affected): void {
    for (const { members } of open.mutes) members.delete(open)
    this.incidents.place(open)
    this.#inhibitions.place(open, affected)
  }

  /** Begins and ends mutes that are due. `candidates` = open alerts, all or those of a rule. */
  turn(candidates: (rule: string | undefined) => readonly OpenAlert[], affected: Affected): void {
    for (const mutes of [this.holds, this.silences]) {
      const turned = mutes.turn()
      if (turned === undefined) continue
      for (const mute of turned.begun) this.#begin(mute, candidates(ruleOf(mute)), affected)
      for (const mute of turned.ended) endMute(mute, affected)
    }
  }

  #begin(mute: ActiveMute, candidates: readonly OpenAlert[], affected: Affected): void {
    for (const open of candidates) {
      if (!matchesAll(mute.matchers, open.alert.labels)) continue
      setMutes(open, [...open.mutes, mute])
      affected(open)
    }
  }
}

function setMutes(open: OpenAlert, mutes: readonly ActiveMute[]): void {
  for (const { members } of open.mutes) members.delete(open)
  open.mutes = mutes
  for (const { members } of mutes) members.add(open)
}

function endMute(mute: ActiveMute, affected: Affected): void {
  for (const open of [...mute.members]) {
    setMutes(
      open,
      open.mutes.filter((other) => other !== mute),
    )
    affected(open)
  }
}

const ruleOf = ({ matchers }: ActiveMute): string | undefined =>
  matchers.find(({ label, operator }) => label === 'rule' && operator === '=')?.value
