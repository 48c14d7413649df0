/**
 * Accounts for one pool: what was there, what of it was used, what was needed with headroom, and what it cost. Units are
 * whole and a pool has its minimum, so neither a part of a unit nor the minimum is waste.
 */
import { refusedOf, waitingOf, waitMsOf } from '../policy/need.ts'
import { costPerHour } from '../policy/cost-model.ts'
import type { PolicyOptions } from '../policy/policy-options.ts'
import type { ScalingDecision } from '../../core/scaling.ts'
import { type DayReport, dayOf, type DaySums, emptyDay, reportOf } from './day.ts'
import { ForecastCheck } from './forecast-check.ts'
import { Timeline, type TimelinePoint } from './timeline.ts'

export interface LedgerEntry {
  readonly at: number
  readonly elapsedMs: number
  readonly decision: ScalingDecision
  readonly options: PolicyOptions
  /** Units set apart. */
  readonly held: number
}

export interface KeptLedger {
  readonly days: readonly DaySums[]
  readonly timeline: readonly TimelinePoint[]
}

const MOST_DAYS = 400
const DAY_MS = 86_400_000

export class Ledger {
  readonly #pool: string
  readonly #days: DaySums[]
  readonly #timeline = new Timeline()
  readonly #check = new ForecastCheck()
  /** The day that was asked for last: its name takes a while to make. */
  #today: { readonly number: number; readonly sums: DaySums } | undefined
  /** What was decided last. */
  #size: number | undefined

  constructor(pool: string, kept?: KeptLedger) {
    this.#pool = pool
    this.#days = kept === undefined ? [] : kept.days.map((day) => ({ ...day }))
    if (kept !== undefined) this.#timeline.restore(kept.timeline)
  }

  get timeline(): readonly TimelinePoint[] {
    return this.#timeline.points
  }

  /** The earliest first. */
  days(): DayReport[] {
    return this.#days.map(reportOf)
  }

  take(entry: LedgerEntry): void {
    const { at, elapsedMs, decision, options, held } = entry
    const { inputs, forecast } = decision
    const seconds = elapsedMs / 1000
    const used =
      inputs.serviceRate > 0 ? inputs.demand / inputs.serviceRate : inputs.utilisation * inputs.ready
    const needed = Math.max(options.min, Math.ceil(used / options.targetUtilisation - 1e-9) + held)
    const day = this.#dayAt(at)
    day.currency = options.cost.currency
    day.seconds += seconds
    day.demand += inputs.demand * seconds
    day.peak = Math.max(day.peak, inputs.demand)
    day.paid += inputs.ready * seconds
    day.used += Math.min(used, inputs.ready) * seconds
    day.waste += Math.max(0, inputs.ready - needed) * seconds
    if (isOverloaded(decision, options)) day.overloadedSeconds += seconds
    day.refused += refusedOf(inputs) * seconds
    day.cost += (costPerHour(options.cost, inputs.ready) * seconds) / 3600
    if (this.#size !== undefined && decision.to !== this.#size) day.changes++
    this.#size = decision.to
    const isForecast = forecast !== null && forecast.expected > 0
    const expected = isForecast ? forecast.expected : null
    const error = this.#check.see(at, inputs.demand, expected, options.predictive.leadMs)
    day.forecastOff += error?.off ?? 0
    day.forecastCame += error?.came ?? 0
    this.#timeline.add({
      at,
      demand: inputs.demand,
      expected,
      upper: isForecast ? forecast.upper : null,
      capacity: inputs.serviceRate > 0 ? inputs.ready * inputs.serviceRate : null,
      ready: inputs.ready,
      desired: decision.to,
      waiting: waitingOf(inputs),
      refused: refusedOf(inputs) * seconds,
    })
  }

  kept(): KeptLedger {
    return { days: this.#days, timeline: this.#timeline.points }
  }

  #dayAt(at: number): DaySums {
    const number = Math.floor(at / DAY_MS)
    if (this.#today?.number !== number) this.#today = { number, sums: this.#dayOf(dayOf(at)) }
    return this.#today.sums
  }

  #dayOf(name: string): DaySums {
    const found = this.#days.find(({ day }) => day === name)
    if (found !== undefined) return found
    const day = emptyDay(name, this.#pool)
    this.#days.push(day)
    if (this.#days.length > MOST_DAYS) this.#days.shift()
    return day
  }
}

/** More comes than can be done, or what waits has waited too long, or something was refused for want of room. */
function isOverloaded({ inputs }: ScalingDecision, { urgentWaitMs }: PolicyOptions): boolean {
  const { demand, serviceRate, ready } = inputs
  const isTooMuch = serviceRate > 0 && demand > ready * serviceRate && waitMsOf(inputs) > 0
  return isTooMuch || refusedOf(inputs) > 0 || waitMsOf(inputs) > urgentWaitMs
}
