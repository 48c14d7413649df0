/** The latest decisions, and whoever wants to hear of new ones. A decision comes again when its effect has changed. */
import type { ScalingDecision } from '../core/scaling.ts'
import type { Choice } from './policy/choice.ts'

/** What a choice was made in. */
export type Circumstances = Pick<ScalingDecision, 'at' | 'pool' | 'inputs' | 'effect' | 'forecast'>

type Listener = (decision: ScalingDecision) => void

export class DecisionBook {
  readonly #kept: ScalingDecision[] = []
  readonly #most: number
  readonly #listeners = new Set<Listener>()
  readonly #counts = new Map<string, Record<string, number>>()
  /** What each pool's last round decided, whether it was news or not. */
  readonly #last = new Map<string, ScalingDecision>()
  #nextId: number

  constructor(most: number, nextId = 1) {
    this.#most = most
    this.#nextId = nextId
  }

  /** Of the next decision. */
  get nextId(): number {
    return this.#nextId
  }

  /** Decisions of a pool that changed its size, by what decided. */
  countsOf(pool: string): Readonly<Record<string, number>> {
    return this.#counts.get(pool) ?? {}
  }

  /** Keeps it when it says something else than the round before of its pool. */
  add(choice: Choice, circumstances: Circumstances): ScalingDecision {
    const before = this.#last.get(circumstances.pool)
    const isOld = before !== undefined && !isNews(before, choice)
    const id = isOld ? before.id : this.#nextId
    const told = isOld ? new SameAgain(id, choice, circumstances) : decisionOf(id, choice, circumstances)
    this.#last.set(told.pool, told)
    if (isOld) return told
    this.#nextId++
    this.#kept.push(told)
    if (this.#kept.length > this.#most) this.#kept.shift()
    if (told.to !== told.from) this.#count(told)
    this.#tell(told)
    return told
  }

  /** What became of it. */
  amend(id: number, effect: ScalingDecision['effect']): void {
    const at = this.#kept.findLastIndex((decision) => decision.id === id)
    if (at < 0) return
    this.#kept[at] = { ...this.#kept[at], effect }
    this.#tell(this.#kept[at])
  }

  /** The latest first; `before`: only of lower numbers. */
  list(limit: number, before = Infinity, pool?: string): ScalingDecision[] {
    return this.#kept
      .filter((decision) => decision.id < before && (pool === undefined || decision.pool === pool))
      .slice(-limit)
      .reverse()
  }

  /** Those after a number, the earliest first. */
  since(id: number): ScalingDecision[] {
    return this.#kept.filter((decision) => decision.id > id)
  }

  follow(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #count({ pool, policy }: ScalingDecision): void {
    const counts = this.countsOf(pool)
    this.#counts.set(pool, { ...counts, [policy]: (counts[policy] ?? 0) + 1 })
  }

  #tell(decision: ScalingDecision): void {
    for (const listener of this.#listeners) listener(decision)
  }
}

/** Neither to say the same again, nor that a change has been made. */
function isNews(before: ScalingDecision, now: Choice): boolean {
  if (now.to !== before.to || !areEqual(now.limits, before.limits)) return true
  return now.to !== now.from && (now.from !== before.from || now.policy !== before.policy)
}

/** Field by field: one is made every second, and to copy objects into others would take a hundred times as long. */
function decisionOf(
  id: number,
  choice: Choice,
  { at, pool, inputs, effect, forecast }: Circumstances,
): ScalingDecision {
  const { from, wanted, to, policy, limits, reason } = choice
  return { id, at, pool, from, wanted, to, inputs, forecast, policy, limits, reason, effect }
}

const areEqual = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((one, index) => one === others[index])

/**
 * Of what is no news the reason is put into words only for whoever reads it. A class, as an object with a getter of its own
 * takes as long to make as the rest of the decision.
 */
class SameAgain implements ScalingDecision {
  readonly id: number
  readonly at: number
  readonly pool: string
  readonly from: number
  readonly wanted: number
  readonly to: number
  readonly inputs: ScalingDecision['inputs']
  readonly forecast: ScalingDecision['forecast']
  readonly policy: ScalingDecision['policy']
  readonly limits: readonly string[]
  readonly effect: ScalingDecision['effect']
  readonly #choice: Choice

  constructor(id: number, choice: Choice, { at, pool, inputs, effect, forecast }: Circumstances) {
    this.id = id
    this.at = at
    this.pool = pool
    this.from = choice.from
    this.wanted = choice.wanted
    this.to = choice.to
    this.inputs = inputs
    this.forecast = forecast
    this.policy = choice.policy
    this.limits = choice.limits
    this.effect = effect
    this.#choice = choice
  }

  get reason(): string {
    return this.#choice.reason
  }

  /** With the reason, which is no property of its own. */
  toJSON(): ScalingDecision {
    return { ...this, reason: this.reason }
  }
}
