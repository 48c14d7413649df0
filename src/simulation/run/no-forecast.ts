import type { DemandForecast, DemandForecaster, DemandSeries, ForecastAccuracy } from '../../core/scaling.ts'

/** Knows nothing of what comes: what scaling is like without a forecast, to compare with. */
export class NoForecast implements DemandForecaster {
  readonly series: readonly DemandSeries[]

  constructor(series: readonly DemandSeries[]) {
    this.series = series
  }

  observe(): void {}

  forecast(): DemandForecast {
    return { expected: 0, upper: 0, byTier: { critical: 0, premium: 0, standard: 0, bulk: 0 }, reason: '' }
  }

  accuracy(): ForecastAccuracy {
    return { wape: NaN, naiveWape: NaN, seasonalNaiveWape: NaN, isTrusted: false }
  }
}
