// @ts-check
/**
 * The work of the engine's router and built-in pipeline as one would write it in plain JavaScript, and write it well:
 * an object per reading, a Map of series, an EventEmitter between the stages. Same formulas, same defaults, same
 * answers (the tests compare them with the engine's): only what it is made of differs. It counts, but it refuses
 * nothing, keeps no tiers apart and has one thread.
 *
 * @typedef {{ device: string, metric: string, value: number, time?: number, lat?: number, lon?: number }} Reading
 * @typedef {{ start: number, count: number, sum: number, min: number, max: number }} Minute
 * @typedef {{
 *   device: string, metric: string, tier: string, region: string,
 *   mean: number, variance: number, scored: number,
 *   abnormal: boolean, calm: number,
 *   total: number, window: Minute | null, last: { time: number, value: number } | null,
 * }} Series
 * @typedef {{ device: string, metric: string, state: 'firing' | 'resolved', count: number, peak: number }} Alert
 */
import { EventEmitter } from 'node:events'

const SMOOTHING = 0.05
const WARMUP = 30
const THRESHOLD = 6
const MIN_DEVIATION = 0.000001
const CLEAR_RATIO = 0.5
const CLEAR_AFTER = 5
const WINDOW_MS = 60_000
const TIME_AHEAD_MS = 3_600_000

export class PlainPipeline extends EventEmitter {
  processed = 0
  malformed = 0
  anomalies = 0
  /** @type {Map<string, Series>} */
  series = new Map()
  /** @type {Map<string, Alert>} */
  openAlerts = new Map()
  /** @type {(lat: number, lon: number) => string} */
  #regionOf
  /** @type {(device: string) => string} */
  #tierOf

  /**
   * @param {{ regionOf: (lat: number, lon: number) => string, tierOf?: (device: string) => string }} parts
   */
  constructor({ regionOf, tierOf = () => 'standard' }) {
    super()
    this.#regionOf = regionOf
    this.#tierOf = tierOf
    this.on('reading', (reading) => this.#route(reading))
    this.on('routed', (reading, series) => this.#window(reading, series))
    this.on('anomaly', (event) => this.#alert(event))
  }

  /** @param {string} text one JSON message: a reading or an array of them */
  message(text) {
    const message = JSON.parse(text)
    const now = Date.now()
    for (const reading of Array.isArray(message) ? message : [message]) {
      if (isSound(reading, now)) this.emit('reading', { time: now, ...reading })
      else this.malformed++
    }
  }

  /** @param {string} device @param {string} metric */
  seriesOf(device, metric) {
    return this.series.get(`${device}/${metric}`)
  }

  /** @param {Required<Reading>} reading */
  #route(reading) {
    const series = this.#seriesFor(reading)
    if (reading.lat !== undefined) series.region = this.#regionOf(reading.lat, reading.lon)
    const delta = reading.value - series.mean
    const score = delta / Math.sqrt(Math.max(series.variance, MIN_DEVIATION * MIN_DEVIATION))
    const phase = phaseOf(series, score)
    const share = takeNote(series, score, phase)
    if (phase !== '') this.emit('anomaly', { ...reading, score, phase, region: series.region })
    learn(series, delta * share)
    this.emit('routed', reading, series)
  }

  /** @param {Reading} reading @returns {Series} */
  #seriesFor({ device, metric }) {
    const key = `${device}/${metric}`
    let series = this.series.get(key)
    if (series === undefined) {
      const statistics = { mean: 0, variance: 0, scored: 0, abnormal: false, calm: 0 }
      const place = { device, metric, tier: this.#tierOf(device), region: 'unassigned' }
      series = { ...place, ...statistics, total: 0, window: null, last: null }
      this.series.set(key, series)
    }
    return series
  }

  /** @param {Required<Reading>} reading @param {Series} series */
  #window({ time, value }, series) {
    const { window, last } = series
    series.total++
    if (window === null || time >= window.start + WINDOW_MS) {
      const start = Math.floor(time / WINDOW_MS) * WINDOW_MS
      series.window = { start, count: 1, sum: value, min: value, max: value }
    } else if (time >= window.start) {
      window.count++
      window.sum += value
      window.min = Math.min(window.min, value)
      window.max = Math.max(window.max, value)
    }
    if (last === null || time >= last.time) series.last = { time, value }
    this.processed++
  }

  /** @param {Reading & { score: number, phase: string }} event */
  #alert({ device, metric, score, phase }) {
    this.anomalies++
    const key = `${device}/${metric}`
    const open = this.openAlerts.get(key)
    if (phase === 'recovered') {
      this.openAlerts.delete(key)
      if (open) this.emit('alert', { ...open, state: 'resolved' })
      return
    }
    const peak = Math.max(Math.abs(score), open?.peak ?? 0)
    /** @type {Alert} */
    const alert = { device, metric, state: 'firing', count: (open?.count ?? 0) + 1, peak }
    this.openAlerts.set(key, alert)
    this.emit('alert', alert)
  }
}

/** @param {Reading} reading @param {number} now */
function isSound({ device, metric, value, time, lat, lon }, now) {
  if (typeof device !== 'string' || device === '' || typeof metric !== 'string') return false
  if (!Number.isFinite(value)) return false
  if (time !== undefined && !(time >= 0 && time <= now + TIME_AHEAD_MS)) return false
  return (lat === undefined && lon === undefined) || (isWithin(lat, 90) && isWithin(lon, 180))
}

/** @param {number | undefined} degrees @param {number} most */
const isWithin = (degrees, most) => degrees !== undefined && Math.abs(degrees) <= most

/**
 * What a score means for the series' alert.
 * @param {Series} series @param {number} score
 */
function phaseOf(series, score) {
  if (series.scored < WARMUP) return ''
  if (Math.abs(score) > THRESHOLD) return series.abnormal ? 'continuing' : 'raised'
  if (!series.abnormal || Math.abs(score) > THRESHOLD * CLEAR_RATIO) return ''
  return series.calm + 1 >= CLEAR_AFTER ? 'recovered' : ''
}

/**
 * Remembers the alert's state; returns the share of the deviation that may move the statistics.
 * @param {Series} series @param {number} score @param {string} phase
 */
function takeNote(series, score, phase) {
  const isOutside = Math.abs(score) > THRESHOLD
  if (!isOutside && !series.abnormal) return 1
  const isCalm = phase === '' && Math.abs(score) <= THRESHOLD * CLEAR_RATIO
  series.calm = isCalm ? series.calm + 1 : 0
  if (phase !== '') series.abnormal = phase !== 'recovered'
  return isOutside && series.scored >= WARMUP ? THRESHOLD / Math.abs(score) : 1
}

/**
 * Exponentially weighted mean and variance (T. Finch, 2009), bias-corrected while young.
 * @param {Series} series @param {number} delta
 */
function learn(series, delta) {
  const gain = SMOOTHING / (1 - Math.pow(1 - SMOOTHING, series.scored + 1))
  const step = gain * delta
  series.variance = (1 - gain) * (series.variance + step * delta)
  series.mean += step
  series.scored++
}
