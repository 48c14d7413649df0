import type { DemandForecast, DemandForecaster, DemandSeries, ForecastAccuracy } from '../../core/scaling.ts'

const NOTHING: DemandForecast = {
  ...{ expected: 0, upper: 0, byTier: { critical: 0, premium: 0, standard: 0, bulk: 0 }, reason: '' },
}

/** Where nothing is forecast: only what is measured counts. */
export class NoForecast implements DemandForecaster {
  readonly series: readonly DemandSeries[]

  constructor(series: readonly DemandSeries[]) {
    this.series = series
  }

  observe(): void {
    // nothing is learnt
  }

  forecast(): DemandForecast {
    return NOTHING
  }

  accuracy(): ForecastAccuracy {
    return { wape: NaN, naiveWape: NaN, seasonalNaiveWape: NaN, isTrusted: false }
  }
}
