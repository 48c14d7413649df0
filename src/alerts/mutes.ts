/**
 * Silences, or holds for maintenance: alerts that match are not told for a time. A mute can begin later; when it ends, by
 * itself or because somebody says so, it is kept a while to be looked at.
 */
import type { Mute } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import { MillraceError } from '../core/errors.ts'
import { Deadlines } from './deadlines.ts'
import type { Labels } from './labels.ts'
import { MATCHER_ALLOWED, matchNothingInParticular, parseMatchers } from './matcher.ts'
import { MuteIndex } from './mute-index.ts'
import type { ActiveMute } from './open-alert.ts'

export interface MuteRequest {
  readonly matchers: readonly string[]
  /** Milliseconds since the epoch; now if it isn't given. */
  readonly startsAt?: number | undefined
  readonly endsAt: number
  readonly by: string
  readonly comment: string
}

export interface MutesOptions {
  readonly kind: 'silence' | 'maintenance'
  readonly clock: Clock
  /** That have not ended. */
  readonly max: number
  /** Told what is new or has been ended, so that it outlives the process. */
  readonly noteDown: (mute: Mute) => void
}

export interface MutesTurned {
  readonly begun: readonly ActiveMute[]
  readonly ended: readonly ActiveMute[]
}

export type MuteState = 'pending' | 'active' | 'expired'

const KEPT_ENDED = 1000
export const MAX_MUTE_TEXT = 1024
const MAX_MATCHERS = 32

export class Mutes {
  readonly #options: MutesOptions
  readonly #all = new Map<string, Mute>()
  readonly #active = new Map<string, ActiveMute>()
  readonly #index = new MuteIndex()
  readonly #turns = new Deadlines<string>()
  #made = 0
  #live = 0

  constructor(options: MutesOptions) {
    this.#options = options
  }

  /** Takes it in; it holds from the next `turn` on. Throws bad-request or limit-reached. */
  create(request: MuteRequest): Mute {
    const { clock, max, kind } = this.#options
    const now = clock.epochMs()
    checkRequest(request, now)
    if (this.#live >= max)
      throw new MillraceError('limit-reached', `${max} of kind ${kind} have not ended yet: end some`)
    const { matchers, startsAt = now, endsAt, by, comment } = request
    const mute = { id: this.#newId(now), matchers, startsAt, endsAt, createdAt: now, by, comment }
    this.adopt(mute)
    this.#options.noteDown(mute)
    return mute
  }

  /** Ends it as of now; undefined if there is none. Ending what has ended changes nothing. */
  end(id: string): Mute | undefined {
    const mute = this.#all.get(id)
    const now = this.#options.clock.epochMs()
    if (mute === undefined || mute.endsAt <= now) return mute
    const ended = { ...mute, startsAt: Math.min(mute.startsAt, now), endsAt: now }
    this.adopt(ended)
    this.#options.noteDown(ended)
    return ended
  }

  /** Takes it over as it is, in place of what it was. */
  adopt(mute: Mute): void {
    if (!this.#all.has(mute.id)) this.#live++
    this.#all.set(mute.id, mute)
    this.#turns.add(mute.startsAt, mute.id)
    this.#turns.add(mute.endsAt, mute.id)
  }

  get(id: string): Mute | undefined {
    return this.#all.get(id)
  }

  /** The newest first. */
  list(): Mute[] {
    return [...this.#all.values()].reverse()
  }

  stateOf({ startsAt, endsAt }: Mute): MuteState {
    const now = this.#options.clock.epochMs()
    if (endsAt <= now) return 'expired'
    return startsAt <= now ? 'active' : 'pending'
  }

  matching(labels: Labels): ActiveMute[] | undefined {
    return this.#index.matching(labels)
  }

  /** Begins and ends what is due. */
  turn(): MutesTurned | undefined {
    const now = this.#options.clock.epochMs()
    let turned: { begun: ActiveMute[]; ended: ActiveMute[] } | undefined
    for (let id = this.#turns.take(now); id !== undefined; id = this.#turns.take(now)) {
      turned ??= { begun: [], ended: [] }
      const mute = this.#all.get(id)
      if (mute === undefined) continue
      if (mute.endsAt <= now) this.#finish(mute, turned.ended)
      else if (mute.startsAt <= now && !this.#active.has(id)) turned.begun.push(this.#begin(mute))
    }
    return turned
  }

  #begin(mute: Mute): ActiveMute {
    const { kind } = this.#options
    const matchers = parseMatchers(mute.matchers, 'matchers')
    const active = { mute, reason: `${kind}:${mute.id}`, matchers, members: new Set<never>() }
    this.#active.set(mute.id, active)
    this.#index.add(active)
    return active
  }

  #finish(mute: Mute, ended: ActiveMute[]): void {
    const active = this.#active.get(mute.id)
    if (active !== undefined) {
      this.#active.delete(mute.id)
      this.#index.remove(active)
      ended.push(active)
    }
    this.#live = this.#countLive()
    this.#forgetOldest()
  }

  /** Times can be due twice for one that was ended early. */
  #countLive(): number {
    const now = this.#options.clock.epochMs()
    let live = 0
    for (const { endsAt } of this.#all.values()) if (endsAt > now) live++
    return live
  }

  #forgetOldest(): void {
    let tooMany = this.#all.size - this.#live - KEPT_ENDED
    for (const mute of this.#all.values()) {
      if (tooMany <= 0) return
      if (this.stateOf(mute) !== 'expired') continue
      this.#all.delete(mute.id)
      tooMany--
    }
  }

  /** Not given before, in this process or an earlier one. */
  #newId(now: number): string {
    for (;;) {
      const id = `${now.toString(36)}-${++this.#made}`
      if (!this.#all.has(id)) return id
    }
  }
}

function checkRequest({ matchers, startsAt, endsAt, by, comment }: MuteRequest, now: number): void {
  const refuse = (words: string): never => {
    throw new MillraceError('bad-request', words)
  }
  if (matchers.length === 0 || matchers.length > MAX_MATCHERS)
    refuse(`matchers: allowed: 1 to ${MAX_MATCHERS} of ${MATCHER_ALLOWED}`)
  if (matchNothingInParticular(parseMatchers(matchers, 'matchers')))
    refuse('matchers: they match every alert there is; allowed: at least one that asks for a value')
  if (!Number.isFinite(endsAt) || endsAt <= Math.max(now, startsAt ?? now))
    refuse(`endsAt: ${endsAt} is not allowed; allowed: milliseconds since the epoch, after now and startsAt`)
  if (startsAt !== undefined && !Number.isFinite(startsAt))
    refuse(`startsAt: ${startsAt} is not allowed; allowed: milliseconds since the epoch`)
  if (by.length > MAX_MUTE_TEXT || comment.length > MAX_MUTE_TEXT)
    refuse(`by, comment: allowed: up to ${MAX_MUTE_TEXT} characters`)
}
