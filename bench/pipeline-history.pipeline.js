// @ts-check
import { count, max, mean, min, pipeline, tumbling } from 'millrace'

export default pipeline('statistics', { lateness: '1s', state: { bytes: 256 * 2 ** 20 } })
  .window(tumbling('1m'), {
    by: 'device',
    aggregate: { n: count(), mean: mean(), least: min(), most: max() },
  })
  .emit('statistics')
