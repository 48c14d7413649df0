// @ts-check
/**
 * How warm it feels: temperature and humidity of a mote come as two readings of one moment, are joined, and become Thom's
 * discomfort index (Thom 1959), a series of its own that goes through a quarter of an hour's statistics.
 */
import { max, mean, pipeline, tumbling } from 'millrace'

const readings = pipeline('comfort-index', { metrics: ['temperature', 'humidity'], lateness: '10s' })
const humidity = readings.filter((r) => r.metric === 'humidity')

export default readings
  .filter((r) => r.metric === 'temperature')
  .joinWithin(humidity, {
    by: 'device',
    within: '0s',
    join: (t, h) => ({ mote: t.device, index: t.value - 0.55 * (1 - h.value / 100) * (t.value - 14.5) }),
  })
  .toSeries('comfort-index', { value: (item) => item.index })
  .window(tumbling('15m'), { by: 'device', aggregate: { index: mean('index'), worst: max('index') } })
  .emit('comfort')
