// @ts-check
/** The same fleet live: `node examples/geofence/main.js` says what the rules of fences.yaml raise, and when it is over. */
import { fileURLToPath } from 'node:url'
import { createEngine } from 'millrace'
import { fleet } from './fleet.js'

const engine = await createEngine({
  alertRules: [fileURLToPath(new URL('./fences.yaml', import.meta.url))],
})
engine.on('failure', (error) => console.error(error))
engine.on('alert', ({ rule, key, message, startsAt, endsAt }, change) => {
  if (rule === 'anomaly' || (change !== 'raised' && change !== 'resolved')) return
  const time = new Date(endsAt ?? startsAt).toISOString()
  console.log(`${time} ${change === 'raised' ? 'raised' : 'cleared'} ${rule} ${key}: ${message}`)
})

// in the order in which they would come, a few vehicles at a time
const readings = fleet()
for (let from = 0; from < readings.length; from += 70) await engine.ingest(readings.slice(from, from + 70))
while (engine.stats().account.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 10))
await engine.close()
