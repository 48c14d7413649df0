/**
 * Degraded mode: under severe shortage, when the pool has all it may have and work still waits too long or is refused, steps
 * down a declared ladder, one rung after the other; and up again when it has been calm for long. Whoever falls back soon after
 * a step up has to be calm for twice as long before the next.
 */
export interface LadderOptions {
  /** What rungs are called, the least painful first. */
  readonly rungs: readonly string[]
  /** So long severe shortage before a step down, and so long calm before a step up. */
  readonly downAfterMs: number
  readonly upAfterMs: number
  /** Work that waits longer is severe; that waits less, with utilisation below `calmUtilisation`, is calm. */
  readonly severeWaitMs: number
  readonly calmWaitMs: number
  readonly calmUtilisation: number
}

export interface LadderInputs {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The pool has what it may have at most, and wants more. */
  readonly isAtCeiling: boolean
  readonly waitMs: number
  readonly refused: number
  readonly utilisation: number
}

export interface LadderStep {
  readonly at: number
  /** How many rungs down it was, and is now. */
  readonly from: number
  readonly to: number
  /** The rung that was taken, or left. */
  readonly rung: string
  readonly reason: string
}

const MOST_PATIENCE = 16
/** A fall within so many times `upAfterMs` of a step up is a relapse. */
const RELAPSE = 2

export class Ladder {
  readonly #options: LadderOptions
  #depth = 0
  #severeSince: number | null = null
  #calmSince: number | null = null
  #upAt: number | null = null
  #patience = 1

  constructor(options: LadderOptions) {
    this.#options = options
  }

  /** How many rungs down; 0 = everything as usual. */
  get depth(): number {
    return this.#depth
  }

  /** Rungs that are taken, in the order of the ladder. */
  get taken(): readonly string[] {
    return this.#options.rungs.slice(0, this.#depth)
  }

  /** One step at most. */
  look(inputs: LadderInputs): LadderStep | undefined {
    const { at } = inputs
    const { downAfterMs, upAfterMs, rungs } = this.#options
    const isSevere = this.#isSevere(inputs)
    this.#severeSince = isSevere ? (this.#severeSince ?? at) : null
    this.#calmSince = this.#isCalm(inputs) ? (this.#calmSince ?? at) : null
    if (this.#severeSince !== null && at - this.#severeSince >= downAfterMs && this.#depth < rungs.length)
      return this.#stepDown(inputs)
    const patienceMs = upAfterMs * this.#patience
    if (this.#calmSince !== null && at - this.#calmSince >= patienceMs) return this.#stepUp(at, patienceMs)
    return undefined
  }

  #isSevere({ isAtCeiling, refused, waitMs }: LadderInputs): boolean {
    return isAtCeiling && (refused > 0 || waitMs > this.#options.severeWaitMs)
  }

  #isCalm({ refused, waitMs, utilisation }: LadderInputs): boolean {
    const { calmWaitMs, calmUtilisation } = this.#options
    return refused === 0 && waitMs < calmWaitMs && utilisation < calmUtilisation
  }

  #stepDown({ at, refused, waitMs }: LadderInputs): LadderStep {
    const { upAfterMs, downAfterMs, rungs } = this.#options
    const isRelapse = this.#upAt !== null && at - this.#upAt < RELAPSE * upAfterMs * this.#patience
    if (isRelapse) this.#patience = Math.min(MOST_PATIENCE, 2 * this.#patience)
    this.#severeSince = at
    const from = this.#depth++
    const what = refused > 0 ? `${Math.round(refused)} refused` : `work waits ${Math.round(waitMs)} ms`
    const reason = `${what} at the ceiling for ${downAfterMs / 1000} s`
    return { at, from, to: this.#depth, rung: rungs[from], reason }
  }

  /** At the top again everything is forgotten. */
  #stepUp(at: number, patienceMs: number): LadderStep | undefined {
    if (this.#depth === 0) {
      if (this.#upAt !== null && at - this.#upAt >= RELAPSE * patienceMs) this.#patience = 1
      return undefined
    }
    this.#calmSince = at
    this.#upAt = at
    const from = this.#depth--
    const reason = `calm for ${patienceMs / 1000} s`
    return { at, from, to: this.#depth, rung: this.#options.rungs[this.#depth], reason }
  }
}
