/**
 * What people and programs do with alerts: look at them, acknowledge, silence, hold during maintenance. The embedding API
 * has it as `engine.alerts`; the HTTP API asks the same.
 */
import type { Acknowledgement, Alert, MaintenanceHold, Mute } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import { MillraceError } from '../core/errors.ts'
import type { AlertBook } from './alert-book.ts'
import type { AlertPage, AlertQuery } from './alert-query.ts'
import { parseMatchers } from './matcher.ts'
import { MAX_MUTE_TEXT, type Mutes, type MuteRequest, type MuteState } from './mutes.ts'

/** Which alerts; all of it may be left out. */
export interface AlertFilter extends Omit<AlertQuery, 'matchers' | 'limit'> {
  /** All must match: `severity="high"`, `device=~"pump-.*"`. */
  readonly matchers?: readonly string[] | undefined
  /** 1 to 10,000; 100 if it is not given. */
  readonly limit?: number | undefined
}

/** A silence or a hold, and whether it is still to come, in force or over. */
export interface MuteStatus extends Mute {
  readonly state: MuteState
}

const USUAL_LIMIT = 100
const MAX_LIMIT = 10_000

export class AlertDesk {
  readonly #book: AlertBook
  readonly #clock: Clock

  /** @internal Use `engine.alerts`. */
  constructor(book: AlertBook, clock: Clock) {
    this.#book = book
    this.#clock = clock
  }

  /** Alerts, the latest change first, page by page: `next` is `before` of the next page. Throws bad-request. */
  list({ matchers = [], limit = USUAL_LIMIT, ...rest }: AlertFilter = {}): AlertPage {
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
      throw new MillraceError('bad-request', `limit: ${limit} is not allowed; allowed: 1 to ${MAX_LIMIT}`)
    return this.#book.list({ ...rest, limit, matchers: parseMatchers(matchers, 'matchers') })
  }

  /** Open, or ended and still kept. Throws not-found. */
  get(id: string): Alert {
    const alert = this.#book.get(id)
    if (alert === undefined) throw new MillraceError('not-found', `there is no alert ${JSON.stringify(id)}`)
    return alert
  }

  /**
   * Somebody sees to the alert: it doesn't escalate any further. Throws not-found, conflict for one that has ended,
   * bad-request, or not-ready while the engine takes in again what it had accepted before its last end.
   */
  acknowledge(id: string, { by, comment = '' }: { by: string; comment?: string | undefined }): Alert {
    if (by === '' || by.length > MAX_MUTE_TEXT || comment.length > MAX_MUTE_TEXT)
      throw new MillraceError('bad-request', `by, comment: allowed: 1 (of by) to ${MAX_MUTE_TEXT} characters`)
    return this.#acknowledge(id, { by, comment, at: this.#clock.epochMs() })
  }

  /** Nobody sees to it after all: its escalation begins to run anew. Throws as `acknowledge`. */
  unacknowledge(id: string): Alert {
    return this.#acknowledge(id, null)
  }

  /** Alerts that match are not told until `endsAt`. Throws bad-request, limit-reached, not-ready. */
  silence(request: MuteRequest): MuteStatus {
    return this.#create(this.#silences, request)
  }

  /** Those that have not ended, and the latest that have. */
  silences(): MuteStatus[] {
    return this.#list(this.#silences)
  }

  /** Ends it now. Throws not-found, not-ready. */
  endSilence(id: string): MuteStatus {
    return this.#end(this.#silences, id, 'silence')
  }

  /**
   * While something is worked on, alerts that match are marked `maintenance:<id>` and not told; those that still fire at
   * the end are told then. Throws bad-request, limit-reached, not-ready.
   */
  hold({ matchers, until, reason }: MaintenanceHold): MuteStatus {
    return this.#create(this.#holds, { matchers, endsAt: until, by: '', comment: reason })
  }

  holds(): MuteStatus[] {
    return this.#list(this.#holds)
  }

  /** Ends it now. Throws not-found, not-ready. */
  endHold(id: string): MuteStatus {
    return this.#end(this.#holds, id, 'hold')
  }

  get #silences(): Mutes {
    return this.#book.lifeCycle.suppression.silences
  }

  get #holds(): Mutes {
    return this.#book.lifeCycle.suppression.holds
  }

  #acknowledge(id: string, acknowledged: Acknowledgement | null): Alert {
    this.#checkAwake()
    const alert = this.#book.acknowledge(id, acknowledged)
    if (alert !== undefined) return alert
    const { endsAt } = this.get(id)
    throw new MillraceError('conflict', `the alert ${JSON.stringify(id)} has ended at ${endsAt}`)
  }

  #create(mutes: Mutes, request: MuteRequest): MuteStatus {
    this.#checkAwake()
    const mute = mutes.create(request)
    this.#book.advance()
    return this.#statusOf(mutes, mute)
  }

  #end(mutes: Mutes, id: string, what: string): MuteStatus {
    this.#checkAwake()
    const mute = mutes.end(id)
    if (mute === undefined) throw new MillraceError('not-found', `there is no ${what} ${JSON.stringify(id)}`)
    this.#book.advance()
    return this.#statusOf(mutes, mute)
  }

  #list(mutes: Mutes): MuteStatus[] {
    return mutes.list().map((mute) => this.#statusOf(mutes, mute))
  }

  #statusOf(mutes: Mutes, mute: Mute): MuteStatus {
    return { ...mute, state: mutes.stateOf(mute) }
  }

  /** What is done while the past is taken in again would come before it. */
  #checkAwake(): void {
    if (!this.#book.lifeCycle.isResting) return
    throw new MillraceError(
      'not-ready',
      'the engine takes in again what it had accepted before its last end; ask again when it is ready',
    )
  }
}
