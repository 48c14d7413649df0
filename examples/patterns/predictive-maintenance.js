// @ts-check
/**
 * Pumps before they fail: bearings that vibrate more and more, three times in a row, and then get hot. And pumps that say
 * nothing any more.
 * `node examples/patterns/plant.js plant.ndjson && millrace run examples/patterns/predictive-maintenance.js --input plant.ndjson`;
 * live: `node examples/patterns/main.js`
 */
import { pipeline } from 'millrace'

/** @type {(r: { metric: string }) => boolean} */
const vibrates = (r) => r.metric === 'vibration'

const readings = pipeline('predictive-maintenance', {
  metrics: ['vibration', 'bearing'],
  lateness: '10s',
  idle: '1s',
})

const wearing = readings
  .pattern(
    (p) =>
      p
        .begin(
          'rising',
          (r) => r.metric === 'vibration' && r.value > 4,
          (r, m) => m.rising.every((before) => r.value > before.value),
        )
        .times(3)
        .followedBy(
          'hot',
          (r) => r.metric === 'bearing' && r.value > 70,
          (r, m) => r.time > m.rising[2].time,
        ),
    { by: 'device', within: '10m' },
  )
  .map((m) => ({ pump: m.device, from: m.rising[0].value, to: m.rising[2].value, bearing: m.hot.value }))
  .emit('wearing')

const silent = readings
  .pattern((p) => p.begin('last', vibrates).notFollowedBy('next', vibrates, { for: '5m' }), { by: 'device' })
  .alert('silent', {
    when: () => true,
    severity: 'high',
    message: (m) => `nothing from ${m.device} for 5 minutes`,
  })

export default readings.ends(wearing, silent)
