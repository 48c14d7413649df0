/**
 * What time and people do to open alerts: from pending to firing, suppressed and released, acknowledged, escalated. Called by
 * the alert book alone, on its thread. `advance` does what is due; it rests while the engine takes in again what it had
 * accepted before its last end, since nobody knows then how things stand.
 */
import type { Acknowledgement, Alert, AlertChange } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import { type AlertKeeping, type AlertNote, markOf } from './alert-notes.ts'
import { escalatedAlert } from './alert-values.ts'
import { Deadlines } from './deadlines.ts'
import type { EscalationPolicy, EscalationStep } from './escalation-policy.ts'
import { Escalations } from './escalations.ts'
import { FlapDamping } from './flap-damping.ts'
import type { FlapOptions } from './flap-watch.ts'
import type { IncidentOf } from './incident-groups.ts'
import type { InhibitionRule } from './inhibitions.ts'
import { KeptLives } from './kept-lives.ts'
import type { OpenAlert } from './open-alert.ts'
import type { OpenAlerts } from './open-alerts.ts'
import { Suppression } from './suppression.ts'

export interface LifeCycleOptions {
  readonly inhibitions: readonly InhibitionRule[]
  readonly escalations: readonly EscalationPolicy[]
  readonly flapping: FlapOptions
  /** Silences that have not ended, and as many holds. */
  readonly maxMutes: number
}

interface LifeCycleParts {
  readonly clock: Clock
  readonly open: OpenAlerts
  readonly options: LifeCycleOptions
  readonly noteDown: ((note: AlertNote) => void) | undefined
  readonly incidentOf: IncidentOf
  readonly tell: (alert: Alert, change: AlertChange) => void
  /** An alert that has ended is another now. */
  readonly replaceClosed: (alert: Alert) => void
}

export class LifeCycle {
  readonly suppression: Suppression
  readonly #parts: LifeCycleParts
  readonly #escalations: Escalations
  readonly #pending = new Deadlines<OpenAlert>()
  readonly #kept: KeptLives
  readonly #damping: FlapDamping
  readonly #affected = new Set<OpenAlert>()
  #isResting = false

  constructor(parts: LifeCycleParts) {
    const { clock, options, incidentOf } = parts
    this.#parts = parts
    this.#escalations = new Escalations(options.escalations)
    this.suppression = new Suppression({
      ...{ clock, inhibitions: options.inhibitions, flapping: options.flapping, maxMutes: options.maxMutes },
      incidentOf,
      noteSilence: (mute) => this.#note({ kind: 'silence', mute }),
      noteHold: (mute) => this.#note({ kind: 'hold', mute }),
    })
    this.#kept = new KeptLives(parts.open)
    this.#damping = new FlapDamping({
      ...{ flaps: this.suppression.flaps, open: parts.open },
      noteDown: (flap) => this.#note({ kind: 'flap', flap }),
      reconsider: (open) => this.#reconsider(open),
      changeClosed: (alert, isReleased) => {
        parts.replaceClosed(alert)
        if (isReleased) parts.tell(alert, 'released')
      },
    })
  }

  /** What was before the engine's last end is not all known yet. */
  get isResting(): boolean {
    return this.#isResting
  }

  /** It is pending until its condition has held for so long. */
  awaitFiring(open: OpenAlert, forMs: number): void {
    open.pendingUntil = this.#now() + forMs
    open.pendingUntilTime = open.alert.startsAt + forMs
    this.#pending.add(open.pendingUntil, open)
  }

  /** A new alert; told of here. */
  begun(open: OpenAlert): void {
    if (this.#isResting && this.#kept.revive(open)) {
      this.#parts.tell(open.alert, open.alert.state === 'pending' ? 'pending' : 'raised')
      return
    }
    if (open.alert.state === 'firing') this.#fires(open)
    this.#place(open)
    this.#enter(open, open.alert.state === 'pending' ? 'pending' : 'raised')
    this.#reconsiderAffected()
  }

  /** A pending alert fires, as `alert` or as it is. */
  fire(open: OpenAlert, alert = open.alert): void {
    this.#parts.open.put(open, { ...alert, state: 'firing' })
    this.#fires(open)
    this.#place(open)
    this.#enter(open, 'raised')
    this.#mark(open)
    this.#reconsiderAffected()
  }

  /** Further readings, or an acknowledgement. */
  changed(open: OpenAlert, alert: Alert, hasSameLabels: boolean, change: AlertChange = 'updated'): void {
    this.#parts.open.put(open, alert)
    if (hasSameLabels) this.#parts.tell(alert, change)
    else {
      this.#place(open)
      this.#reconsider(open, change)
      this.#reconsiderAffected()
    }
    this.#look(open)
  }

  /** It is not open any more, but `resolved`. */
  ended(open: OpenAlert, resolved: Alert): void {
    if (open.alert.state === 'firing' && !this.#isResting) this.#damping.ends(open, resolved, this.#now())
    this.suppression.leave(open, (other) => this.#affected.add(other))
    this.#parts.tell(resolved, 'resolved')
    this.#reconsiderAffected()
  }

  acknowledge(open: OpenAlert, acknowledged: Acknowledgement | null): Alert {
    this.changed(
      open,
      { ...open.alert, acknowledged },
      true,
      acknowledged === null ? 'updated' : 'acknowledged',
    )
    this.#mark(open)
    return open.alert
  }

  /** Its device has become a member of an incident. */
  regroup(open: OpenAlert): void {
    if (this.#isResting) return
    this.suppression.incidents.place(open)
    this.#reconsider(open)
  }

  /** Those that the incident spoke for are told again. */
  incidentEnded(incident: string): void {
    for (const open of this.suppression.incidents.end(incident)) this.#reconsider(open)
  }

  /** Does what is due. */
  advance(): void {
    if (this.#isResting) return
    const now = this.#now()
    this.#turnMutes()
    for (let open = this.#pending.take(now); open !== undefined; open = this.#pending.take(now))
      if (open.isOpen && open.alert.state === 'pending' && open.pendingUntil <= now) this.fire(open)
    this.#damping.advance(now)
    for (let due = this.#escalations.take(now); due !== undefined; due = this.#escalations.take(now))
      this.#escalate(due.open, due.step)
  }

  /** Everything that the next process needs, but for the alerts themselves. */
  keeping(): AlertKeeping {
    const { silences, holds, flaps } = this.suppression
    const open = this.#parts.open.list()
    return {
      silences: silences.list().reverse(),
      holds: holds.list().reverse(),
      flaps: flaps.notes(),
      waiting: open.flatMap(({ alert, waitingSince }) =>
        waitingSince > 0 ? [[alert.id, waitingSince]] : [],
      ),
      pending: open.flatMap(({ alert, pendingUntil, pendingUntilTime }) =>
        pendingUntil < Infinity ? [[alert.id, pendingUntil, pendingUntilTime]] : [],
      ),
    }
  }

  rest(kept: AlertKeeping): void {
    this.#isResting = true
    for (const mute of kept.silences) this.suppression.silences.adopt(mute)
    for (const mute of kept.holds) this.suppression.holds.adopt(mute)
    for (const flap of kept.flaps) this.suppression.flaps.adopt(flap)
    this.#kept.adopt(kept)
  }

  restored(open: OpenAlert): void {
    const { rule, suppressedBy } = open.alert
    open.isFlapping = this.suppression.flaps.isFlapping(rule, open.slot) && suppressedBy.includes('flapping')
    if (this.#kept.resumePending(open)) this.#pending.add(open.pendingUntil, open)
  }

  replay(note: AlertNote): void {
    if (note.kind === 'silence') this.suppression.silences.adopt(note.mute)
    else if (note.kind === 'hold') this.suppression.holds.adopt(note.mute)
    else if (note.kind === 'flap') this.suppression.flaps.adopt(note.flap)
    else this.#kept.replay(note.mark)
  }

  /** How things stand is told as far as it differs from what was told last. */
  settle(): void {
    this.#isResting = false
    const open = this.#parts.open.list()
    this.suppression.turn(
      () => [],
      () => undefined,
    )
    for (const one of open) {
      one.isFlapping &&= this.suppression.flaps.isFlapping(one.alert.rule, one.slot)
      this.suppression.place(one, () => undefined)
    }
    for (const one of open) {
      this.#escalations.resume(one, this.#kept.waitingSince(one))
      this.#reconsider(one)
      this.#look(one)
    }
    this.#kept.clear()
    this.advance()
  }

  #now(): number {
    return this.#parts.clock.epochMs()
  }

  #turnMutes(): void {
    this.suppression.turn(
      (rule) => this.#parts.open.list(rule),
      (open) => this.#affected.add(open),
    )
    this.#reconsiderAffected()
  }

  #place(open: OpenAlert): void {
    if (!this.#isResting) this.suppression.place(open, (other) => this.#affected.add(other))
  }

  /** Told for the first time, with what keeps it from being told, if anything. */
  #enter(open: OpenAlert, change: 'pending' | 'raised'): void {
    const reasons = open.reasons()
    if (!isSameList(reasons, open.alert.suppressedBy))
      this.#parts.open.put(open, { ...open.alert, suppressedBy: reasons })
    this.#parts.tell(open.alert, change)
    this.#look(open)
    if (reasons.length > 0 && change === 'raised') this.#mark(open)
  }

  /** Is it told or not, as things are now? Without a difference there `otherwise` is told, if given. */
  #reconsider(open: OpenAlert, otherwise?: AlertChange): void {
    const before = open.alert.suppressedBy
    const reasons = this.#isResting ? before : open.reasons()
    if (!open.isOpen || isSameList(reasons, before)) {
      if (otherwise !== undefined) this.#parts.tell(open.alert, otherwise)
      return
    }
    this.#parts.open.put(open, { ...open.alert, suppressedBy: reasons })
    this.#parts.tell(open.alert, turnOf(before, reasons) ?? otherwise ?? 'updated')
    this.#look(open)
    this.#mark(open)
  }

  #reconsiderAffected(): void {
    if (this.#affected.size === 0) return
    const affected = [...this.#affected]
    this.#affected.clear()
    for (const open of affected) if (open.isOpen) this.#reconsider(open)
  }

  #look(open: OpenAlert): void {
    if (!this.#isResting && this.#escalations.look(open, this.#now())) this.#mark(open)
  }

  #escalate(open: OpenAlert, { severity, labels }: EscalationStep): void {
    this.#parts.open.put(open, escalatedAlert(open.alert, severity, labels))
    this.#place(open)
    const reasons = open.reasons()
    if (reasons.length > 0) this.#parts.open.put(open, { ...open.alert, suppressedBy: reasons })
    this.#parts.tell(open.alert, 'escalated')
    this.#look(open)
    this.#escalations.taken(open)
    this.#mark(open)
    this.#reconsiderAffected()
  }

  #fires(open: OpenAlert): void {
    if (!this.#isResting) this.#damping.fires(open, this.#now())
  }

  #mark(open: OpenAlert): void {
    if (!this.#isResting && open.isOpen && this.#parts.noteDown !== undefined)
      this.#note({ kind: 'mark', mark: markOf(open) })
  }

  #note(note: AlertNote): void {
    this.#parts.noteDown?.(note)
  }
}

/** Undefined: receivers are told, or not told, as before. */
function turnOf(before: readonly string[], after: readonly string[]): 'suppressed' | 'released' | undefined {
  if (before.length === 0) return 'suppressed'
  return after.length === 0 ? 'released' : undefined
}

const isSameList = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((item, index) => item === other[index])
