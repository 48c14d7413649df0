// @ts-check
/** Starts an engine in this process and a fleet in another one, shows what happens, and ends both in order. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { screenOn, silentScreen } from './screen.js'

/** @typedef {import('./dashboard.js').Stats} Stats */
/** @typedef {import('./dashboard.js').Alert} Alert */
/** @typedef {import('./options.js').DemoOptions} DemoOptions */
/** @typedef {import('./fleet.js').FleetReport} FleetReport */
/**
 * @typedef {object} Engine what the demo uses of an engine
 * @property {() => Promise<{ host: string, port: number }>} listen
 * @property {() => Stats} stats
 * @property {(event: 'alert', listener: (alert: Alert) => void) => unknown} on
 * @property {() => Promise<void>} close
 */
/** @typedef {{ durationSeconds: number, stats: Stats, alerts: Alert[], fleet: FleetReport }} DemoReport */

const STEPS_PER_SECOND = 20
const KEPT_ALERTS = 1000
const DRAIN_MS = 3000
const FLEET_MS = 10_000

/** @param {number} port */
export const engineConfig = (port) => ({
  port,
  metrics: {
    temperature: { unit: '°C', minDeviation: 0.3 },
    humidity: { unit: '%', minDeviation: 1 },
    pressure: { unit: 'hPa', minDeviation: 1 },
    wind: { unit: 'm/s', minDeviation: 0.5 },
    magnitude: { unit: 'M', threshold: 3, direction: /** @type {const} */ ('high'), minDeviation: 0.5 },
  },
  rules: [
    { match: 'quake-*', tier: /** @type {const} */ ('critical') },
    { match: 'cold-store-*', tier: /** @type {const} */ ('premium') },
    { match: 'greenhouse-*', tier: /** @type {const} */ ('standard') },
    { match: 'weather-*', tier: /** @type {const} */ ('bulk') },
  ],
})

/**
 * @param {DemoOptions} options
 * @param {(config: ReturnType<typeof engineConfig>) => Promise<Engine>} createEngine
 * @param {import('./screen.js').Output} out
 * @param {AbortSignal} interrupted
 * @returns {Promise<DemoReport>}
 */
export async function runDemo(options, createEngine, out, interrupted) {
  const screen = options.json ? silentScreen : screenOn(out)
  const engine = await createEngine(engineConfig(options.port))
  try {
    const { host, port } = await engine.listen()
    /** @type {Alert[]} */
    const alerts = []
    engine.on('alert', (alert) => {
      remember(alerts, alert)
      screen.alert(alert)
    })
    screen.note(`Engine on http://${host}:${port} (try /v1/stats, /v1/alerts, /metrics). Ctrl-C ends it.\n`)
    const fleet = startFleet(`ws://${host}:${port}`, options.stations)
    const begun = Date.now()
    const shown = setInterval(() => screen.show(engine.stats()), 1000)
    await Promise.race([timeIsUp(options.durationSeconds, interrupted), fleet.failed])
    const durationSeconds = (Date.now() - begun) / 1000
    clearInterval(shown)
    const report = await fleet.stop()
    const stats = await settled(engine)
    screen.summary(stats, report)
    return { durationSeconds, stats, alerts, fleet: report }
  } finally {
    await engine.close()
  }
}

/** Keeps the latest alerts, each once, in its latest state. @param {Alert[]} alerts @param {Alert} alert */
function remember(alerts, alert) {
  const known = alerts.findIndex(({ id }) => id === alert.id)
  if (known >= 0) alerts[known] = alert
  else alerts.push(alert)
  if (alerts.length > KEPT_ALERTS) alerts.shift()
}

/** @param {number} seconds @param {AbortSignal} interrupted @returns {Promise<void>} */
function timeIsUp(seconds, interrupted) {
  return new Promise((resolve) => {
    if (interrupted.aborted) return resolve()
    const timer = Number.isFinite(seconds) ? setTimeout(resolve, seconds * 1000) : undefined
    interrupted.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** @param {string} url @param {number} stations */
function startFleet(url, stations) {
  const options = JSON.stringify({ url, stations, stepsPerSecond: STEPS_PER_SECOND })
  // a group of its own, so that Ctrl-C reaches this process alone; without its parent the fleet ends by itself
  const settings = { execArgv: [], detached: true }
  const child = fork(fileURLToPath(new URL('fleet.js', import.meta.url)), [options], settings)
  const exited = once(child, 'exit')
  let stopping = false
  /** Rejects if the fleet ends by itself. @type {Promise<never>} */
  const failed = exited.then(([code]) => {
    if (!stopping) throw new Error(`the fleet ended early, with exit code ${code}`)
    return new Promise(() => undefined)
  })
  failed.catch(() => undefined)
  return {
    failed,
    /** @returns {Promise<FleetReport>} */
    async stop() {
      stopping = true
      const overdue = setTimeout(() => child.kill('SIGKILL'), FLEET_MS)
      const told = new Promise((resolve, reject) => {
        child.on('message', (/** @type {{ report?: FleetReport }} */ { report }) => report && resolve(report))
        exited.then(() => reject(new Error('the fleet ended without a report')), reject)
      })
      if (child.connected) child.send('stop')
      try {
        return await told
      } finally {
        await exited
        clearTimeout(overdue)
      }
    },
  }
}

/** The figures once nothing is in flight any more. @param {Engine} engine */
async function settled(engine) {
  for (const end = Date.now() + DRAIN_MS; engine.stats().account.inFlight > 0 && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return engine.stats()
}
