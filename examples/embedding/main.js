// @ts-check
/** Millrace in a program of your own: readings in, alerts out, no socket. Run it with `node examples/embedding/main.js`. */
import { createEngine } from 'millrace'

const engine = await createEngine({ metrics: { temperature: { unit: '°C', minDeviation: 0.1 } } })

engine.on('alert', (alert, change) => console.log(`${change}: ${alert.device} ${alert.message}`))
engine.devices.register('pump-7', { tier: 'premium', lat: 52.52, lon: 13.405 })

// A quiet day, then something breaks.
const start = Date.UTC(2026, 0, 1)
const day = Array.from({ length: 200 }, (_, i) => ({
  device: 'pump-7',
  metric: 'temperature',
  value: i === 199 ? 95 : 21 + Math.sin(i / 10),
  time: start + i * 60_000,
}))
const { accepted, refused, reason } = await engine.ingest(day)
console.log(`accepted ${accepted}, refused ${refused.length}${reason && ` (${reason})`}`)

// Columns go straight into shared memory: claim room, fill it, commit. No object per reading.
const device = engine.devices.get('pump-7')
const metric = engine.metrics.get('temperature')
const room = engine.writer().claim(1000)
if (device && metric && room) {
  for (let i = 0; i < 1000; i++) room.set(i, device.id, metric.id, 21, start + (200 + i) * 60_000)
  await room.commitAcknowledged()
}

await engine.close() // what was accepted is processed first
const { account, series } = engine.stats()
console.log(`processed ${account.processed} readings of ${series} series, ${account.inFlight} in flight`)
