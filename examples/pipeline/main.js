// @ts-check
/** Runs the pipeline freezer-watch.js over a freezer whose door stays open. Run it with `node examples/pipeline/main.js`. */
import { createEngine } from 'millrace'

const engine = await createEngine({
  pipeline: new URL('./freezer-watch.js', import.meta.url),
  metrics: { temperature: { unit: '°C', minDeviation: 0.2 } },
})
engine.on('failure', (error) => console.error('failure:', error))
engine.on('emit', ({ topic, data }) => console.log(`emit ${topic}:`, JSON.stringify(data)))
engine.on('alert', (alert, change) => {
  if (change !== 'updated') console.log(`${change} ${alert.rule}: ${alert.device} ${alert.message}`)
})

/** @param {number} minute */
const celsius = (minute) => (minute >= 100 && minute < 110 ? 2 : -18 + 0.2 * Math.sin(minute))

const start = Date.UTC(2026, 0, 1)
for (let minute = 0; minute < 140; minute++) {
  const reading = { device: 'freezer-3', metric: 'temperature', value: celsius(minute) }
  await engine.ingest([{ ...reading, time: start + minute * 60_000 }])
}

await engine.close()
const { account } = engine.stats()
console.log(`processed ${account.processed} of ${account.accepted}, dead-lettered ${account.deadLettered}`)
