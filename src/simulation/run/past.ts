/**
 * The usual traffic of the time before a scenario, in the memory of the engine's forecasters. Most of it is learned once for
 * many seeds and taken up from a snapshot, as by an engine that starts again; the last hour or so is each seed's own, second
 * by second. Seeds take turns with a few histories, so one of them alone has the same as in a swarm.
 */
import type { DemandForecaster } from '../../core/scaling.ts'
import { assert } from '../../core/errors.ts'
import { SeasonalForecaster } from '../../scaling/forecast/demand-forecaster.ts'
import type { KnownEvent } from '../../scaling/forecast/known-event.ts'
import { knownEventsOf } from '../scenario/known-events.ts'
import type { LoadedScenario } from '../scenario/scenario-file.ts'
import { Fleet } from '../traffic/fleet.ts'
import { Anomalies } from '../world/anomalies.ts'
import { Faults } from '../world/faults.ts'
import { OfferedLoad } from '../world/offered.ts'
import { NoForecast } from './no-forecast.ts'

const SECOND_MS = 1000
const HOUR_MS = 3_600_000
/** A step counts when a twentieth of its seconds was seen: three seconds of a minute are told, and at the end all. */
const STRIDE_MS = 20_000
/** What a seed sees by itself begins with a whole hour, as a snapshot doesn't keep the hour under way. */
const LEAST_OWN_MS = HOUR_MS
/** Of the chance in the time before: another than that of the scenario. */
const [BEFORE, JUST_BEFORE] = [0x5eed, 0x1a57]
const HISTORIES = 8

export class Past {
  readonly #scenario: LoadedScenario
  readonly #events: readonly KnownEvent[]
  /** Since the start. */
  readonly #ownFrom: number
  /** By history: what the forecaster of each pool had learned by then. */
  readonly #learned = new Map<number, readonly Uint8Array[]>()

  constructor(scenario: LoadedScenario) {
    this.#scenario = scenario
    this.#events = knownEventsOf(scenario)
    const { start } = scenario
    this.#ownFrom = Math.floor((start - LEAST_OWN_MS) / HOUR_MS) * HOUR_MS - start
  }

  /** One for each pool, as they are when the scenario begins. */
  forecasters(seed: number, isOn: boolean): DemandForecaster[] {
    const usual = usualLoad(this.#scenario, seed ^ JUST_BEFORE)
    if (!isOn) return usual.pools.map(({ series }) => new NoForecast(series))
    const forecasters = this.#begun(usual)
    const from = Math.max(-this.#scenario.history, this.#ownFrom)
    if (from > -this.#scenario.history) this.#recall(seed % HISTORIES, forecasters)
    this.#show(usual, forecasters, { from, until: 0, stride: SECOND_MS })
    return forecasters
  }

  #recall(number: number, forecasters: readonly SeasonalForecaster[]): void {
    const learned = this.#learned.get(number) ?? this.#learn(number)
    this.#learned.set(number, learned)
    forecasters.forEach((forecaster, pool) => {
      const outcome = forecaster.restore(learned[pool])
      assert(outcome.restored, 'a snapshot is of a forecaster of the same pool')
    })
  }

  #learn(number: number): Uint8Array[] {
    const usual = usualLoad(this.#scenario, number ^ BEFORE)
    const forecasters = this.#begun(usual)
    const span = { from: -this.#scenario.history, until: this.#ownFrom }
    this.#show(usual, forecasters, { ...span, stride: STRIDE_MS })
    // only the next second ends a minute and an hour
    this.#show(usual, forecasters, { from: span.until, until: span.until + SECOND_MS, stride: SECOND_MS })
    return forecasters.map((forecaster) => forecaster.snapshot())
  }

  #begun(usual: OfferedLoad): SeasonalForecaster[] {
    return usual.pools.map(
      ({ series }, pool) =>
        new SeasonalForecaster({
          ...{ series, events: this.#events, timeZone: zoneOf(this.#scenario, pool) },
          leadMs: this.#scenario.pools[pool].policy.predictive.leadMs,
        }),
    )
  }

  #show(usual: OfferedLoad, forecasters: readonly SeasonalForecaster[], { from, until, stride }: Span): void {
    const perSecond = usual.pools.map(({ series }) => new Float64Array(series.length))
    for (let sinceMs = from; sinceMs < until; sinceMs += stride) {
      usual.step(sinceMs, stride)
      const at = this.#scenario.start + sinceMs
      for (const [pool, arrivals] of perSecond.entries()) {
        const { bySeries } = usual.pools[pool]
        for (let series = 0; series < arrivals.length; series++)
          arrivals[series] = (bySeries[series] * SECOND_MS) / stride
        forecasters[pool].observe({ at, arrivals, activations: 0, mask: null })
      }
    }
  }
}

/** Of the time, since the start of the scenario: one second of each stride is shown. */
interface Span {
  readonly from: number
  readonly until: number
  readonly stride: number
}

/** The fleet without anything that happens to it. */
function usualLoad(scenario: LoadedScenario, seed: number): OfferedLoad {
  const fleet = new Fleet(scenario, seed)
  const faults = new Faults({ faults: [], pools: scenario.pools }, 0)
  const parts = { scenario, fleet, faults, anomalies: new Anomalies([], 0) }
  return new OfferedLoad({ ...parts, isServing: () => true, silenced: () => 0 })
}

/** People and factories of its first region set the pace. */
function zoneOf({ pools, regions }: LoadedScenario, pool: number): string {
  const served = pools[pool].regions
  return regions.find(({ name }) => served?.includes(name) ?? true)?.zone ?? 'UTC'
}
