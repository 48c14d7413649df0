// @ts-check
/**
 * A gateway that sends readings to a server, with a folder for what is not acknowledged yet. The server is one of its own
 * here, so that it runs by itself: `node examples/client/main.js`; or give it another one's address.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine } from 'millrace'
import { connect } from 'millrace/client'

const engine = process.argv[2] ? null : await createEngine({ port: 0 })
const url = process.argv[2] ?? `ws://127.0.0.1:${(await engine?.listen())?.port}`
const folder = mkdtempSync(join(tmpdir(), 'unsent-'))

const client = await connect({ url, client: 'gateway-1', folder })
client.on('connected', () => console.log('connected'))
client.on('disconnected', (code, reason, retryInMs) =>
  console.log(`disconnected (${code} ${reason}), again in ${Math.round(retryInMs)} ms`),
)
client.on('givenUp', ({ readings, reason }) => console.log(`gave up ${readings.length} readings: ${reason}`))

// By name: a metric's number is asked of the server once. Awaiting is what makes a fast program wait when the buffer is full.
for (let hour = 0; hour < 24; hour++) {
  const value = 21 + Math.sin(hour / 4)
  await client.send({ device: 'pump-7', metric: 'temperature', value, lat: 52.52, lon: 13.405 })
}

// By number, for many: no object is made, and false means that the buffer is full.
for (let i = 0; i < 10_000; i++) while (!client.write(1 + (i % 100), 1, i)) await client.flush()

await client.flush()
const { acknowledged, givenUp, unsettled } = client.stats()
console.log(`acknowledged ${acknowledged}, gave up ${givenUp}, unsettled ${unsettled.readings}`)
await client.close()
await engine?.close()
rmSync(folder, { recursive: true })
