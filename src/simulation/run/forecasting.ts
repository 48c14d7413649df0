/** The engine's forecaster for a pool of the simulation, with the usual traffic of the time before in its memory. */
import type { DemandForecaster } from '../../core/scaling.ts'
import { SeasonalForecaster } from '../../scaling/forecast/demand-forecaster.ts'
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
const WHOLE_MS = HOUR_MS
/** Of the chance in the time before: another than that of the scenario. */
const BEFORE = 0x5eed

/** One for each pool. */
export function forecastersOf(scenario: LoadedScenario, seed: number, isOn: boolean): DemandForecaster[] {
  const fleet = new Fleet(scenario, seed ^ BEFORE)
  const usual = usualLoad(scenario, fleet)
  if (!isOn) return usual.pools.map(({ series }) => new NoForecast(series))
  const events = knownEventsOf(scenario)
  const forecasters = usual.pools.map(
    ({ series }, pool) =>
      new SeasonalForecaster({
        ...{ series, events, timeZone: zoneOf(scenario, pool) },
        leadMs: scenario.pools[pool].policy.predictive.leadMs,
      }),
  )
  const { start, history } = scenario
  for (let sinceMs = -history; sinceMs < 0;) {
    const ms = sinceMs < -WHOLE_MS ? STRIDE_MS : SECOND_MS
    usual.step(sinceMs, ms)
    usual.pools.forEach(({ bySeries }, pool) => {
      const arrivals = bySeries.map((amount) => (amount * SECOND_MS) / ms)
      forecasters[pool].observe({ at: start + sinceMs, arrivals, activations: 0, mask: null })
    })
    sinceMs += ms
  }
  return forecasters
}

/** The fleet without anything that happens to it. */
function usualLoad(scenario: LoadedScenario, fleet: Fleet): OfferedLoad {
  const faults = new Faults({ faults: [], pools: scenario.pools }, 0)
  const parts = { scenario, fleet, faults, anomalies: new Anomalies([], 0) }
  return new OfferedLoad({ ...parts, isServing: () => true, silenced: () => 0 })
}

/** People and factories of its first region set the pace. */
function zoneOf({ pools, regions }: LoadedScenario, pool: number): string {
  const served = pools[pool].regions
  return regions.find(({ name }) => served?.includes(name) ?? true)?.zone ?? 'UTC'
}
