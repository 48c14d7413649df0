// @ts-check
/**
 * An hour of a plant; written as NDJSON by `node plant.js plant.ndjson`. Five pumps, one of which wears out and one of which falls
 * silent; three gateways, of which one is broken into and one is only tried. The same each time.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const START = Date.UTC(2026, 0, 1)
const SECOND = 1000

/** @typedef {{ device: string, metric: string, value: number, time: number }} Reading */

/** @type {Reading[]} */
const readings = []
/** @type {(device: string, metric: string, value: number, second: number) => void} */
const say = (device, metric, value, second) =>
  void readings.push({ device, metric, value: Math.round(value * 100) / 100, time: START + second * SECOND })

for (let pump = 1; pump <= 5; pump++)
  for (let second = pump; second < 3600; second += 30) {
    if (pump === 4 && second > 1800) break
    const wear = pump === 2 && second > 2400 ? (second - 2400) / 300 : 0
    say(`pump-${pump}`, 'vibration', 2 + Math.sin(second + pump) + wear * 2, second)
    say(`pump-${pump}`, 'bearing', 55 + Math.cos(second / 60) + wear * 6, second + 1)
  }

for (const [gateway, second] of /** @type {const} */ ([
  ['gateway-1', 600],
  ['gateway-2', 900],
  ['gateway-3', 1200],
])) {
  for (let n = 0; n < 5; n++) say(gateway, 'login', 0, second + 4 * n)
  if (gateway === 'gateway-3') continue
  say(gateway, 'login', 1, second + 30)
  if (gateway === 'gateway-2') say(gateway, 'confirmed', 1, second + 40)
  say(gateway, 'configuration', 1, second + 60)
}

// a few seconds of disorder, as networks have it
readings.sort((a, b) => a.time + ((a.value * 1000) % 5000) - (b.time + ((b.value * 1000) % 5000)))

/** In the order in which they come. */
export const plant = () => readings

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [path = 'plant.ndjson'] = process.argv.slice(2)
  writeFileSync(path, `${readings.map((reading) => JSON.stringify(reading)).join('\n')}\n`)
  console.log(`${readings.length} readings in ${path}`)
}
