import type { DemandForecaster, DemandSeries } from '../../core/scaling.ts'
import type { LoadedScenario } from '../scenario/scenario-file.ts'
import type { Fleet } from '../traffic/fleet.ts'
import { NoForecast } from '../../scaling/no-forecast.ts'

export interface ForecasterParts {
  readonly scenario: LoadedScenario
  readonly seed: number
  readonly series: readonly DemandSeries[]
  readonly pool: number
  readonly fleet: Fleet
}

export function forecasterFor(isOn: boolean, { series }: ForecasterParts): DemandForecaster {
  return new NoForecast(series)
}
