// @ts-check
/**
 * Forty minutes of seven vehicles on the move, the same each time: `node fleet.js fleet.ndjson` writes them as NDJSON. One
 * truck leaves the city for a while, another only for a minute, a third crosses the inner zone, a fourth stays in it, and
 * a fifth drives around in the park within.
 */
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const START = Date.UTC(2026, 0, 1, 8)
const EVERY_S = 10
const LASTS_S = 2400

/** @typedef {{ device: string, metric: string, value: number, time: number, lat: number, lon: number }} Reading */
/** @typedef {readonly [second: number, lat: number, lon: number]} Point */

/** Where each is when; in between they go straight. @type {Record<string, readonly Point[]>} */
const ROUTES = {
  'truck-1': [[0, 52.4, 13.2], [2400, 52.42, 13.6]], // oxfmt-ignore
  'truck-2': [[0, 52.46, 13.2], [600, 52.46, 13.05], [1500, 52.46, 13.05], [2100, 52.46, 13.2], [2400, 52.48, 13.2]], // oxfmt-ignore
  'truck-3': [[0, 52.4, 13.11], [300, 52.4, 13.101], [330, 52.4, 13.099], [390, 52.4, 13.101], [2400, 52.45, 13.3]], // oxfmt-ignore
  'truck-4': [[0, 52.5, 13.3], [1200, 52.5, 13.5], [2400, 52.55, 13.5]], // oxfmt-ignore
  'truck-5': [[0, 52.4703, 13.4], [600, 52.5, 13.4], [1500, 52.5, 13.4], [2400, 52.57, 13.4]], // oxfmt-ignore
  'truck-6': [[0, 52.51, 13.365], [1200, 52.515, 13.375], [2400, 52.51, 13.365]], // oxfmt-ignore
  'bus-100': [[0, 52.5, 13.35], [2400, 52.53, 13.43]], // oxfmt-ignore
}

const KM_PER_DEGREE = 111.2

/** @param {readonly Point[]} route @param {number} second */
function at(route, second) {
  const next = Math.max(
    1,
    route.findIndex(([from]) => from > second),
  )
  const [[from, lat, lon], [until, toLat, toLon]] =
    second >= LASTS_S ? route.slice(-2) : route.slice(next - 1)
  const share = (second - from) / (until - from)
  const [north, east] = [toLat - lat, (toLon - lon) * Math.cos((lat * Math.PI) / 180)]
  const speed = (Math.hypot(north, east) * KM_PER_DEGREE * 3600) / (until - from)
  return { lat: lat + share * (toLat - lat), lon: lon + share * (toLon - lon), speed }
}

/** @returns {Reading[]} */
export function fleet() {
  /** @type {Reading[]} */
  const readings = []
  for (let second = 0; second <= LASTS_S; second += EVERY_S)
    for (const [device, route] of Object.entries(ROUTES)) {
      const { lat, lon, speed } = at(route, second)
      const value = Math.round(10 * speed) / 10 + (speed > 0 ? (second / EVERY_S) % 3 : 0)
      readings.push({ device, metric: 'speed', value, time: START + 1000 * second, lat, lon })
    }
  return readings
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [path = 'fleet.ndjson'] = process.argv.slice(2)
  const readings = fleet()
  writeFileSync(path, `${readings.map((reading) => JSON.stringify(reading)).join('\n')}\n`)
  console.log(`${readings.length} readings in ${path}`)
}
