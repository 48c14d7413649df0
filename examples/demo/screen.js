// @ts-check
/** Where the demo shows itself: a block redrawn in place on a terminal, plain lines elsewhere, nothing with --json. */
import { accountLines, alertLine, dashboard, fitted, plainLine } from './dashboard.js'

/** @typedef {import('./dashboard.js').Stats} Stats */
/** @typedef {import('./dashboard.js').Alert} Alert */
/** @typedef {{ write(text: string): unknown, isTTY?: boolean, columns?: number }} Output */
/** @typedef {{ alert(alert: Alert): void, show(stats: Stats): void, note(line: string): void, summary(stats: Stats, fleet: object): void }} Screen */

const LATEST_ALERTS = 6

/** @type {Screen} */
export const silentScreen = { alert() {}, show() {}, note() {}, summary() {} }

/** @param {Output} out @returns {Screen} */
export function screenOn(out) {
  const screen = out.isTTY ? terminalScreen(out) : plainScreen(out)
  return {
    ...screen,
    summary(stats, fleet) {
      screen.show(stats)
      const counts = Object.entries(fleet).map(([name, count]) => `${name} ${count.toLocaleString('en-US')}`)
      out.write(
        `\nengine: ${accountLines(stats.account).join('\n        ')}\nfleet:  ${counts.join(' · ')}\n`,
      )
    },
  }
}

/** @param {Output} out */
function terminalScreen(out) {
  /** @type {Alert[]} */
  const latest = []
  /** @type {Stats | null} */
  let previous = null
  let drawn = 0
  return {
    /** @param {string} line */
    note: (line) => void out.write(`${line}\n`),
    /** @param {Alert} alert */
    alert(alert) {
      latest.unshift(alert)
      latest.length = Math.min(latest.length, LATEST_ALERTS)
    },
    /** @param {Stats} stats */
    show(stats) {
      const lines = dashboard(stats, previous, latest).map((line) => fitted(line, out.columns || 120))
      const back = drawn > 0 ? `\x1b[${drawn}A\x1b[J` : ''
      out.write(`${back}${lines.join('\n')}\n`)
      drawn = lines.length
      previous = stats
    },
  }
}

/** @param {Output} out */
function plainScreen(out) {
  /** @type {Stats | null} */
  let previous = null
  return {
    /** @param {string} line */
    note: (line) => void out.write(`${line}\n`),
    /** @param {Alert} alert */
    alert: (alert) => void out.write(`alert  ${alertLine(alert)}\n`),
    /** @param {Stats} stats */
    show(stats) {
      out.write(`${plainLine(stats, previous)}\n`)
      previous = stats
    },
  }
}
