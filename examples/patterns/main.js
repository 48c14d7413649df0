// @ts-check
/**
 * The same plant live: `node examples/patterns/main.js` says what both pipelines find. What has to wait for others (that nobody
 * confirms, that a pump stays silent) is found a second after all is quiet.
 */
import { createEngine } from 'millrace'
import { plant } from './plant.js'

const engine = await createEngine({
  pipelines: ['predictive-maintenance', 'security-breach'].map(
    (name) => new URL(`./${name}.js`, import.meta.url).href,
  ),
})
let saidAt = Date.now()
/** @param {string} words */
const say = (words) => {
  saidAt = Date.now()
  console.log(words)
}
engine.on('failure', (error) => console.error(error))
engine.on('alert', ({ rule, key, message, startsAt }, change) => {
  if (rule !== 'anomaly' && change === 'raised')
    say(`${new Date(startsAt).toISOString()} raised ${rule} ${key}: ${message}`)
})
engine.on('emit', ({ topic, data }) => say(`${topic} ${JSON.stringify(data)}`))

const readings = plant()
for (let from = 0; from < readings.length; from += 20) await engine.ingest(readings.slice(from, from + 20))
while (Date.now() - saidAt < 5000) await new Promise((resolve) => setTimeout(resolve, 100))
await engine.close()
