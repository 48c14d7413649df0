import { max, mean, pipeline, sliding } from 'millrace'

/** A sliding window by series, as many groups as there are series. */
export default pipeline('by-series', { lateness: '2s', state: { bytes: 2 ** 30 } })
  .filter((r) => r.value > -1e9)
  .window(sliding('5m', { every: '1m' }), { by: 'series', aggregate: { mean: mean(), max: max() } })
  .filter((w) => w.mean > 1e9)
  .emit('by-series')
