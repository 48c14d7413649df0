// @ts-check
/**
 * Goods that must stay cool: a mean over five minutes, each minute, for every mote, and an alert while it is too warm.
 * `node examples/pipelines/motes.js motes.ndjson && millrace run examples/pipelines/cold-chain.js --input motes.ndjson`
 */
import { count, max, mean, pipeline, sliding } from 'millrace'

export default pipeline('cold-chain', { metrics: ['temperature'], lateness: '10s' })
  .filter((r) => r.value > -60)
  .window(sliding('5m', { every: '1m' }), {
    by: 'device',
    aggregate: { n: count(), t: mean(), warmest: max() },
  })
  .emit('temperatures')
  .alert('too-warm', { when: (w) => w.t > 30, clear: (w) => w.t < 29.5, severity: 'high', for: '2m' })
