// @ts-check
/** What all meters together come to: groups over all devices, quarter by quarter of an hour, and the spread among them. */
import { count, distinct, mean, pipeline, quantile, tumbling } from 'millrace'

export default pipeline('smart-meter', { lateness: '1m' })
  .window(tumbling('15m'), {
    by: 'metric',
    aggregate: { n: count(), meters: distinct('device'), load: mean(), p95: quantile(0.95) },
  })
  .emit('load')
