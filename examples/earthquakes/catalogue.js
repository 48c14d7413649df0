// @ts-check
/**
 * A week of real earthquakes (USGS, by way of vega-datasets) as readings: where one was there is a station, which was quiet
 * before and is quiet again afterwards. Stations are a tenth of a degree apart. `node catalogue.js quakes.ndjson` writes them.
 */
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { loadEarthquakes } from '../demo/earthquakes.js'

/** @typedef {{ device: string, metric: string, value: number, time: number, lat: number, lon: number }} Reading */

const MINUTE_MS = 60_000
/** Readings before and after a quake; as many as a series needs to be known, and to be normal again. */
const QUIET_BEFORE = 12
const QUIET_AFTER = 3
const SMALLEST = 1

/** @param {number} degrees */
const tenth = (degrees) => Math.round(degrees * 10) / 10

/** In the order in which they happened. @returns {{ quakes: number, places: Map<string, string>, readings: Reading[] }} */
export function catalogue() {
  const quakes = loadEarthquakes().filter(({ magnitude }) => magnitude >= SMALLEST)
  /** @type {Map<string, string>} */
  const places = new Map()
  /** @type {Reading[]} */
  const readings = []
  for (const { place, magnitude, lat, lon, time } of quakes) {
    const [north, east] = [tenth(lat), tenth(lon)]
    const device = `station ${north} ${east}`
    /** @param {number} value @param {number} at */
    const add = (value, at) =>
      readings.push({ device, metric: 'magnitude', value, time: at, lat: north, lon: east })
    if (!places.has(device))
      for (let i = 0; i < QUIET_BEFORE; i++)
        add(0.01 * (i % 2), quakes[0].time - (QUIET_BEFORE - i) * MINUTE_MS)
    places.set(device, place)
    add(magnitude, time)
    for (let i = 1; i <= QUIET_AFTER; i++) add(0.01 * (i % 2), time + i * MINUTE_MS)
  }
  return { quakes: quakes.length, places, readings: readings.sort((a, b) => a.time - b.time) }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [path = 'quakes.ndjson'] = process.argv.slice(2)
  const { readings } = catalogue()
  writeFileSync(path, `${readings.map((reading) => JSON.stringify(reading)).join('\n')}\n`)
  console.log(`${readings.length} readings in ${path}`)
}
