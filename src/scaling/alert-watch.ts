/**
 * What people should know of a pool: it would need more than it may have, its size goes to and fro, its forecast is no good
 * any more, its target does not answer or does not follow. Each is raised when it has been so for a while, and cleared when it
 * has not been so for a while.
 */
import type { ScalingAlertKind, ScalingDecision } from '../core/scaling.ts'

export interface ScalingAlert {
  readonly kind: ScalingAlertKind
  readonly pool: string
  readonly at: number
  /** False: it is over. */
  readonly isRaised: boolean
  readonly message: string
}

/** What is looked at once a tick. */
export interface Watched {
  readonly at: number
  readonly decision: Omit<ScalingDecision, 'id'>
  readonly isForecastTrusted: boolean
  readonly failingSince: number | null
  readonly differsSince: number | null
  readonly lastError: string
  /** How long the target may take to have what it was asked for. */
  readonly readyWithinMs: number
}

const CEILING_MS = 5_000
const CEILING_OVER_MS = 30_000
const FLAPPING_MS = 600_000
const FLAPPING_TURNS = 6
const UNREACHABLE_MS = 10_000
const FORECAST_MS = 60_000
const CEILINGS = ['max', 'cost-ceiling', 'schedule']

export class AlertWatch {
  readonly #pool: string
  readonly #tell: (alert: ScalingAlert) => void
  readonly #open = new Map<ScalingAlertKind, { readonly since: number; readonly message: string }>()
  /** Since when what is open is not so any more, and what is not open is so. */
  readonly #changing = new Map<ScalingAlertKind, number>()
  #wasTrusted = false
  #direction = 0
  #turns: number[] = []

  constructor(pool: string, tell: (alert: ScalingAlert) => void) {
    this.#pool = pool
    this.#tell = tell
  }

  /** What is raised now. */
  get open(): ScalingAlert[] {
    return [...this.#open].map(([kind, { since, message }]) => ({
      ...{ kind, pool: this.#pool, at: since, isRaised: true, message },
    }))
  }

  look(watched: Watched): void {
    const { at, decision } = watched
    this.#turned(at, decision)
    const ceiling = decision.limits.find((limit) => CEILINGS.includes(limit))
    const isAtCeiling = ceiling !== undefined && decision.to < decision.wanted
    this.#be('at-ceiling', isAtCeiling, at, CEILING_MS, CEILING_OVER_MS, () => decision.reason)
    this.#be('flapping', this.#turns.length >= FLAPPING_TURNS, at, 0, FLAPPING_MS / 2, () => {
      return `${this.#turns.length} changes of direction within ${FLAPPING_MS / 60_000} min`
    })
    this.#wasTrusted ||= watched.isForecastTrusted
    const isDegraded = this.#wasTrusted && !watched.isForecastTrusted
    this.#be('forecast-degraded', isDegraded, at, FORECAST_MS, 0, () => {
      return 'the forecast is worse than none; only measured need counts'
    })
    this.#be('target-unreachable', this.#isUnreachable(watched), at, 0, 0, () => unreachable(watched))
  }

  #isUnreachable({ at, failingSince, differsSince, readyWithinMs }: Watched): boolean {
    const isFailing = failingSince !== null && at - failingSince >= UNREACHABLE_MS
    return isFailing || (differsSince !== null && at - differsSince >= readyWithinMs)
  }

  #turned(at: number, { from, to }: Pick<ScalingDecision, 'from' | 'to'>): void {
    const direction = Math.sign(to - from)
    if (direction !== 0) {
      if (direction === -this.#direction) this.#turns.push(at)
      this.#direction = direction
    }
    if (this.#turns.length > 0) this.#turns = this.#turns.filter((turn) => at - turn < FLAPPING_MS)
  }

  #be(
    kind: ScalingAlertKind,
    isSo: boolean,
    at: number,
    raiseAfterMs: number,
    clearAfterMs: number,
    message: () => string,
  ): void {
    const isOpen = this.#open.has(kind)
    if (isSo === isOpen) return void this.#changing.delete(kind)
    const since = this.#changing.get(kind) ?? at
    this.#changing.set(kind, since)
    if (at - since < (isSo ? raiseAfterMs : clearAfterMs)) return
    this.#changing.delete(kind)
    const words = this.#open.get(kind)?.message ?? message()
    if (isSo) this.#open.set(kind, { since: at, message: words })
    else this.#open.delete(kind)
    this.#tell({ kind, pool: this.#pool, at, isRaised: isSo, message: words })
  }
}

const unreachable = ({ failingSince, lastError, decision, readyWithinMs }: Watched): string =>
  failingSince === null
    ? `${decision.inputs.ready} ready instead of ${decision.to} for more than ${readyWithinMs / 1000} s`
    : `the target fails: ${lastError}`
