// @ts-check
/**
 * The fleet, a process of its own: `fork('fleet.js', [JSON.stringify({ url, stations, stepsPerSecond })])`. Streams until
 * it is told `stop` (or its parent is gone), then waits for the last answers and sends its tally to the parent.
 */
import { loadEarthquakes } from './earthquakes.js'
import { seriesOf } from './encode.js'
import { Sender } from './sender.js'
import { loadStations, sampleAt } from './stations.js'

/** @typedef {import('./stations.js').Station} Station */
/** @typedef {{ url: string, stations: number, stepsPerSecond: number }} FleetOptions `url` as in ws://127.0.0.1:9000 */
/** @typedef {import('./sender.js').Tally & { stations: number, earthquakes: number }} FleetReport */

const STATIONS_PER_CONNECTION = 200
const EARTHQUAKES_PER_SECOND = 20
const BROKEN_PER_SECOND = 2
const LAST_ANSWERS_MS = 1500

process.once('disconnect', () => process.exit())

/** @type {FleetOptions} */
const options = JSON.parse(process.argv[2])
const stream = `${options.url}/v1/stream`
const api = options.url.replace(/^ws/, 'http')

/** @type {import('./sender.js').Tally} */
const tally = {
  sent: 0,
  accepted: 0,
  refused: 0,
  resent: 0,
  broken: 0,
  malformedReplies: 0,
  closed: 0,
  unanswered: 0,
}

/** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} */
async function call(path, init) {
  const response = await fetch(api + path, init)
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`)
  return response.json()
}

/**
 * Binary frames carry numbers, no names: registers the devices and returns the ids of the metrics by name.
 * @param {readonly Station[]} stations
 * @returns {Promise<Record<string, { id: number }>>}
 */
async function register(stations) {
  const devices = stations.map(({ name, tier, lat, lon }) => ({ name, tier, lat, lon }))
  const headers = { 'content-type': 'application/json' }
  await call('/v1/devices', { method: 'POST', headers, body: JSON.stringify(devices) })
  return call('/v1/metrics-dictionary')
}

/** Cold stores speak JSON, the others send binary frames. @param {readonly Station[]} stations @param {Record<string, { id: number }>} dictionary */
function senderFor(stations, dictionary) {
  const json = stations[0].tier === 'premium'
  const sender = new Sender(stream, json ? 'json' : 'binary', tally)
  const series = stations.flatMap((station) =>
    station.recording.series.map(({ metric, values }) => ({
      fixed: json
        ? { device: station.name, metric, lat: station.lat, lon: station.lon }
        : { series: seriesOf(station.name, dictionary[metric].id), lat: station.lat, lon: station.lon },
      values,
      offset: station.offset,
    })),
  )
  /** @param {number} step */
  const tick = (step) => {
    const time = Date.now()
    sender.send(
      series.map(({ fixed, values, offset }) => ({ ...fixed, value: sampleAt(values, offset + step), time })),
    )
  }
  return { sender, tick }
}

/** Runs of stations of one tier. @param {readonly Station[]} stations @returns {Station[][]} */
function connectionsOf(stations) {
  const tiers = [...new Set(stations.map(({ tier }) => tier))]
  return tiers.flatMap((tier) => {
    const own = stations.filter((station) => station.tier === tier)
    const connections = Math.ceil(own.length / STATIONS_PER_CONNECTION)
    return Array.from({ length: connections }, (_, i) => own.filter((_, n) => n % connections === i))
  })
}

const BROKEN = [
  'temperature is 21 degrees',
  '{"device":"clumsy-1","metric":"temperature","value":"warm"}',
  '[{"device":"clumsy-1","metric":',
  Buffer.from('no frame at all'),
  Buffer.from('10000000585858580800', 'hex'),
]

const stations = loadStations(options.stations)
const earthquakes = loadEarthquakes()
const dictionary = await register(stations.filter(({ tier }) => tier !== 'premium')).catch((error) => {
  console.error(`fleet: ${error.message}`)
  return process.exit(1)
})
const groups = connectionsOf(stations).map((own) => senderFor(own, dictionary))
const seismic = new Sender(stream, 'json', tally)
const clumsy = new Sender(stream, 'json', tally)
const senders = [...groups.map(({ sender }) => sender), seismic, clumsy]

let step = 0
let quake = 0
let broken = 0

function sendStations() {
  for (const { tick } of groups) tick(step)
  step++
}

function sendEarthquake() {
  const { device, magnitude, lat, lon } = earthquakes[quake % earthquakes.length]
  if (seismic.send([{ device, metric: 'magnitude', value: magnitude, lat, lon, time: Date.now() }])) quake++
}

const timers = [
  setInterval(sendStations, 1000 / options.stepsPerSecond),
  setInterval(sendEarthquake, 1000 / EARTHQUAKES_PER_SECOND),
  setInterval(() => clumsy.sendBroken(BROKEN[broken++ % BROKEN.length]), 1000 / BROKEN_PER_SECOND),
]

const unanswered = () => senders.reduce((sum, sender) => sum + sender.unanswered, 0)

async function stop() {
  timers.forEach(clearInterval)
  for (const end = Date.now() + LAST_ANSWERS_MS; unanswered() > 0 && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  /** @type {FleetReport} */
  const report = {
    stations: stations.length,
    earthquakes: quake,
    ...tally,
    unanswered: tally.unanswered + unanswered(),
  }
  await Promise.all(senders.map((sender) => sender.close()))
  if (process.connected) process.send?.({ report }, () => process.disconnect?.())
}

process.once('message', stop)
process.send?.({ streaming: stations.length })
