import type { Alert, Mute } from '../core/alert.ts'
import type { EscalationPolicy } from './escalation-policy.ts'
import type { Matcher } from './matcher.ts'

/** What alerts of a rule are told apart by: the series, or a group's text. */
export type Slot = bigint | string

/** A mute that holds now, and the open alerts it holds for. */
export interface ActiveMute {
  readonly mute: Mute
  /** As alerts name it: `silence:<id>` or `maintenance:<id>`. */
  readonly reason: string
  readonly matchers: readonly Matcher[]
  readonly members: Set<OpenAlert>
}

const NONE: readonly ActiveMute[] = []

/** An open alert, and where it stands. Its value is replaced with each change. */
export class OpenAlert {
  readonly slot: Slot
  alert: Alert
  isOpen = true
  /** Number of its latest change. */
  sequence = 0
  newer: OpenAlert | undefined
  older: OpenAlert | undefined
  mutes: readonly ActiveMute[] = NONE
  /** Id of a firing alert that speaks for it; '' = none. */
  inhibitor = ''
  isFlapping = false
  /** The incident that speaks for it, and all for whom that does; '' = none. */
  incident = ''
  incidentGroup: Set<OpenAlert> | undefined
  /** Wall time at which its condition has held long enough; Infinity = somebody else says when. */
  pendingUntil = Infinity
  /** Event time that a reading must have to say the same. */
  pendingUntilTime = Infinity
  /** Wall time at which it began to fire; 0 = in an earlier process. */
  firesSince = 0
  /** Wall time since when it has been waiting for somebody to see to it; 0 = it isn't. */
  waitingSince = 0
  policy: EscalationPolicy | undefined

  constructor(slot: Slot, alert: Alert) {
    this.slot = slot
    this.alert = alert
  }

  /** Why receivers are not told of it now. */
  reasons(): string[] {
    const reasons = this.mutes.map(({ reason }) => reason)
    if (reasons.length > 1) reasons.sort()
    if (this.inhibitor !== '') reasons.push(`inhibited:${this.inhibitor}`)
    if (this.incident !== '') reasons.push(`incident:${this.incident}`)
    if (this.isFlapping) reasons.push('flapping')
    if (this.alert.state === 'pending') reasons.push(PENDING)
    return reasons
  }
}

/** Nobody is told of an alert that doesn't fire yet, nor that it has ended before it did. */
export const PENDING = 'pending'

/** Open alerts, the latest change first. */
export class ChangeOrder {
  #newest: OpenAlert | undefined
  #sequence = 0

  get newest(): OpenAlert | undefined {
    return this.#newest
  }

  nextSequence(): number {
    return ++this.#sequence
  }

  /** Puts it first, wherever it was. */
  touch(open: OpenAlert): void {
    open.sequence = this.nextSequence()
    if (this.#newest === open) return
    this.#unlink(open)
    open.older = this.#newest
    if (this.#newest !== undefined) this.#newest.newer = open
    this.#newest = open
  }

  remove(open: OpenAlert): void {
    if (this.#newest === open) this.#newest = open.older
    this.#unlink(open)
  }

  #unlink(open: OpenAlert): void {
    const { newer, older } = open
    if (newer !== undefined) newer.older = older
    if (older !== undefined) older.newer = newer
    open.newer = undefined
    open.older = undefined
  }
}
