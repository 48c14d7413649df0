import { count, max, min, pipeline, sum, tumbling } from 'millrace'

/** Few groups of all devices, put together over the shards. */
export default pipeline('by-region', { lateness: '2s' })
  .window(tumbling('1s'), {
    by: ['region', 'tier'],
    aggregate: { n: count(), total: sum(), low: min(), high: max() },
  })
  .emit('by-region')
