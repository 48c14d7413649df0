// @ts-check
/**
 * Somebody at a gateway: three failed logins or more, then one that succeeds, and then the configuration is changed, before
 * anybody has confirmed that it was them. Sequences that came to nothing are counted as attempts.
 * `node examples/patterns/plant.js plant.ndjson && millrace run examples/patterns/security-breach.js --input plant.ndjson`;
 * live: `node examples/patterns/main.js`
 */
import { count, pipeline, tumbling } from 'millrace'

export default pipeline('security-breach', {
  metrics: ['login', 'confirmed', 'configuration'],
  lateness: '10s',
  idle: '1s',
})
  .pattern(
    (p) =>
      p
        .begin('failed', (r) => r.metric === 'login' && r.value === 0)
        .times(3, 1000)
        .followedBy('login', (r) => r.metric === 'login' && r.value === 1)
        .notFollowedBy('confirmed', (r) => r.metric === 'confirmed')
        .followedBy('change', (r) => r.metric === 'configuration'),
    { by: 'device', within: '10m' },
  )
  .timedOut((attempts) =>
    attempts
      .filter((attempt) => attempt.failed.length >= 3)
      .window(tumbling('1h'), { by: 'device', aggregate: { attempts: count() } })
      .emit('attempts'),
  )
  .alert('breach', {
    when: () => true,
    severity: 'critical',
    message: (m) =>
      `${m.device}: ${m.failed.length} failed logins, then one that was not confirmed and changed the configuration`,
  })
