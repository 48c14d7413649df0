/** One planned operation as the simulator plays it, and what became of each time at which it was wanted. */
import type { MaintenanceEvent, MaintenanceSpec } from '../../reservations/maintenance.ts'
import { chanceOf } from '../chance.ts'
import { OPERATION_OUTCOMES, type OperationOutcome } from '../words.ts'
import type { MaintenanceOptions } from '../scenario/world-options.ts'
import { draw } from '../traffic/shapes.ts'

export const HOOK = 'simulated'
const SOURCE = 14

export class PlannedOperation {
  readonly given: MaintenanceOptions
  /** Since the start. */
  readonly at: number
  /** Works now, in virtual time. */
  isWorking = false
  isRefused = false
  /** Took a time other than the one that was asked for first. */
  isMovedAsAWhole = false
  readonly #seed: number
  readonly #index: number
  readonly #lastsMs: number
  readonly #overrunsMs: number
  /** Windows begun for the first time. */
  #begun = 0
  /** Of the time that was wanted last: when that was, and whether it was moved. */
  #wanted = NaN
  #isMoved = false
  readonly #ended = new Map<number, OperationOutcome>()

  constructor(given: MaintenanceOptions, seed: number, index: number) {
    const random = chanceOf(seed, SOURCE, index)
    this.given = given
    this.#seed = seed
    this.#index = index
    this.at = draw(given.at, random)
    this.#lastsMs = draw(given.for, random)
    this.#overrunsMs = draw(given.overruns, random)
  }

  /** The worst of all times that have ended. */
  get outcome(): OperationOutcome {
    if (this.isRefused) return 'refused'
    const ended = [...this.#ended.values()]
    return OPERATION_OUTCOMES.find((outcome) => ended.includes(outcome)) ?? 'unfinished'
  }

  /** How often it was done. */
  get times(): number {
    return [...this.#ended.values()].filter((outcome) => outcome !== 'failed' && outcome !== 'canceled')
      .length
  }

  specAt(startsAt: number): MaintenanceSpec {
    const { given } = this
    // a rule says once for all how long its windows are
    const longestMs = given.rrule === '' ? this.#lastsMs : given.for.most
    return {
      ...{ name: given.name, kind: 'simulated', startsAt, timeZone: given.timezone, rrule: given.rrule },
      ...{ durationMs: given.window ?? longestMs * given.margin, capacity: { share: given.capacity } },
      ...{ use: given.use, leadMs: given.lead, devices: [], resources: [], dependsOn: given.after },
      ...{ rollout: { wave: { share: 1 }, growth: 1, pauseMs: 0 }, abort: null, drainMs: 0 },
      ...{ hook: HOOK, timeoutMs: 0, unreported: 'TIMED_OUT', missed: 'late', holdAlerts: false },
      retry: { limit: given.retries, firstMs: given.pause, maxMs: 10 * given.pause },
    }
  }

  isToFail(attempt: number): boolean {
    return attempt < this.given.fails
  }

  /** How long an attempt takes that begins now. */
  takesMs(attempt: number): number {
    if (attempt === 0) this.#begun++
    const lastsMs = this.#lasts()
    if (this.isToFail(attempt)) return lastsMs / 2
    return attempt === 0 ? lastsMs + this.#overrunsMs : lastsMs
  }

  told({ change, window }: MaintenanceEvent): void {
    // one that was given up has no window any more
    if (window !== null && window.plannedAt !== this.#wanted) {
      this.#wanted = window.plannedAt
      this.#isMoved = this.isMovedAsAWhole
    }
    if (change === 'rescheduled' || change === 'shifted') this.#isMoved = true
    if (change === 'gave-up') this.#ended.set(this.#wanted, 'failed')
    if (change === 'canceled') this.#ended.set(this.#wanted, 'canceled')
    if (change !== 'completed') return
    const isRepeated = window !== null && window.attempt > 0
    this.#ended.set(this.#wanted, isRepeated ? 'rescheduled' : this.#isMoved ? 'moved' : 'succeeded')
  }

  /** Of a rule each time takes as long as chance has it. */
  #lasts(): number {
    if (this.#begun <= 1) return this.#lastsMs
    return draw(this.given.for, chanceOf(this.#seed, SOURCE, this.#index, this.#begun))
  }
}
