// @ts-check
/** The status block: lines of text from figures, nothing else. */

/** @typedef {import('../../src/core/stats.ts').Stats} Stats */
/** @typedef {import('../../src/core/alert.ts').Alert} Alert */

const TIERS = /** @type {const} */ (['critical', 'premium', 'standard', 'bulk'])

/** @param {number} value */
const whole = (value) => Math.round(value).toLocaleString('en-US')

/** @param {number} ms */
const millis = (ms) => `${ms.toFixed(ms < 10 ? 2 : 0)} ms`

/** @param {Stats} stats @param {Stats | null} previous @param {(stats: Stats) => number} of */
function perSecond(stats, previous, of) {
  const seconds = stats.uptimeSeconds - (previous?.uptimeSeconds ?? 0)
  return seconds > 0 ? Math.max(0, of(stats) - (previous ? of(previous) : 0)) / seconds : 0
}

/** @param {Alert} alert */
export function alertLine(alert) {
  const score = `${alert.score >= 0 ? '+' : ''}${alert.score.toFixed(1)}σ`
  const state = alert.state === 'resolved' ? ' resolved' : ''
  return `${alert.severity.padEnd(8)} ${alert.device.padEnd(16)} ${alert.metric} ${alert.value.toFixed(2)} (${score}) ${alert.region}${state}`
}

/** The account: what came in, and where what was accepted is. @param {Stats['account']} account */
export function accountLines({ received, accepted, refused, malformed, ...whereabouts }) {
  return [{ received, accepted, refused, malformed }, whereabouts].map((figures) =>
    Object.entries(figures)
      .map(([name, count]) => `${name} ${whole(count)}`)
      .join(' · '),
  )
}

/**
 * @param {Stats} stats
 * @param {Stats | null} previous a second ago; null at first
 * @param {readonly Alert[]} alerts latest first
 * @returns {string[]}
 */
export function dashboard(stats, previous, alerts) {
  const { pool, memory } = stats
  const accepted = perSecond(stats, previous, ({ account }) => account.accepted)
  return [
    `Millrace  ${whole(accepted)} readings/s accepted   up ${whole(stats.uptimeSeconds)} s`,
    `pool ${pool.size} workers (${pool.busy} busy, ${pool.min} to ${pool.max}) · ${whole(stats.connections)} connections · ${whole(stats.devices)} devices · ${whole(stats.series)} series · ${whole(memory.rssBytes / 2 ** 20)} MiB`,
    ...scalingLines(stats),
    '',
    'tier        readings/s     backlog     p50         p99         refused',
    ...TIERS.map((tier) => tierLine(tier, stats, previous)),
    '',
    ...accountLines(stats.account),
    '',
    `alerts      ${whole(stats.alerts.open)} open, ${whole(stats.alerts.raised)} raised, p99 ${millis(stats.anomalies.latencyMs.p99)} after acceptance`,
    ...alerts.map((alert) => `  ${alertLine(alert)}`),
  ]
}

/** Forecast against actual, and the pool that follows. @param {Stats} stats */
function scalingLines({ scaling }) {
  return scaling.pools.map(({ pool, desired, ready, max, demand, forecast, isForecastTrusted, capacity }) => {
    const expected = isForecastTrusted ? `up to ${whole(forecast)}/s forecast` : 'forecast still learning'
    const possible = capacity > 0 ? `room for ${whole(capacity)}/s` : 'room not measured yet'
    return `scaling: ${whole(demand)}/s wanted, ${expected}, ${possible}: ${ready} of ${desired} ${pool}, at most ${max}`
  })
}

/** @param {(typeof TIERS)[number]} tier @param {Stats} stats @param {Stats | null} previous */
function tierLine(tier, stats, previous) {
  const { backlog, refused, latencyMs } = stats.tiers[tier]
  const rate = perSecond(stats, previous, ({ tiers }) => tiers[tier].accepted)
  const cells = [whole(rate), whole(backlog), millis(latencyMs.p50), millis(latencyMs.p99)]
  return tier.padEnd(10) + cells.map((cell) => cell.padStart(11)).join(' ') + whole(refused).padStart(12)
}

/** One line for a log instead of a block. @param {Stats} stats @param {Stats | null} previous */
export function plainLine(stats, previous) {
  const accepted = perSecond(stats, previous, ({ account }) => account.accepted)
  const tiers = TIERS.map((tier) => `${tier} ${millis(stats.tiers[tier].latencyMs.p99)}`)
  return `${whole(stats.uptimeSeconds)} s  ${whole(accepted)} readings/s  p99: ${tiers.join(', ')}  alerts ${whole(stats.alerts.raised)}  pool ${stats.pool.size}${forecastText(stats)}  in flight ${whole(stats.account.inFlight)}`
}

/** @param {Stats} stats */
function forecastText({ scaling }) {
  const workers = scaling.pools.find(({ isForecastTrusted }) => isForecastTrusted)
  return workers === undefined ? '' : ` (up to ${whole(workers.forecast)}/s forecast)`
}

/** Cuts a line to the width of the terminal. @param {string} line @param {number} columns */
export const fitted = (line, columns) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line)
