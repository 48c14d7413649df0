// Stages that remember things, one topic each, and alerts over windows.
import { count, countWindow, exponentialMean, first, last, pipeline, quantile, rate } from 'millrace'
import { timeWeightedMean, tumbling, variance } from 'millrace'

const head = pipeline('stages', { metrics: ['value', 'other'], lateness: '10s', idle: '1h' })
const values = head.filter((r) => r.metric === 'value')
const others = head.filter((r) => r.metric === 'other')
/** @param {{ device: string, value: number, time: number }} reading */
const seen = ({ device, value, time }) => ({ device, value, time })

export default head.ends(
  values.deduplicate({ by: 'device', within: '20s' }).map(seen).emit('first'),
  values.throttle({ by: 'device', count: 2, every: '1m' }).map(seen).emit('few'),
  values.sample(0.1).map(seen).emit('some'),
  values
    .custom({
      by: 'device',
      initial: () => ({ n: 0, last: 0 }),
      step: (r, state) => {
        const step = r.value - state.last
        state.n++
        state.last = r.value
        return state.n % 3 === 0 ? [{ device: r.device, step, n: state.n, time: r.time }] : []
      },
    })
    .emit('steps'),
  values
    .joinWithin(others, {
      by: 'device',
      within: '5s',
      join: (a, b) => ({ device: a.device, sum: a.value + b.value, time: a.time, other: b.time }),
    })
    .emit('pairs'),
  values
    .window(countWindow(10), { by: 'device', aggregate: { n: count(), old: first(), young: last() } })
    .emit('tens'),
  values
    .window(tumbling('1m'), {
      by: 'series',
      aggregate: {
        p90: quantile(0.9),
        t: timeWeightedMean(),
        r: rate(),
        v: variance(),
        e: exponentialMean('1m'),
      },
    })
    .emit('minutes')
    .alert('restless', { when: (w) => w.p90 > 900, clear: (w) => w.p90 < 850, severity: 'high' }),
)
