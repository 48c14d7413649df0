// @ts-check
import { parseArgs } from 'node:util'

/** @typedef {{ port: number, durationSeconds: number, json: boolean, stations: number }} DemoOptions */

export const USAGE = `usage: npm start -- [options]
  --duration <seconds>  end after so many seconds (default: until Ctrl-C)
  --json                print one JSON document at the end and nothing else; needs --duration
  --port <n>            port of the engine (default: any that is free)
  --stations <n>        number of stations, 20 to 3000 (default: 1200)`

/** @param {string[]} args @returns {DemoOptions} Throws an Error that says what is wrong and what is allowed. */
export function demoOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      duration: { type: 'string' },
      json: { type: 'boolean', default: false },
      port: { type: 'string', default: '0' },
      stations: { type: 'string', default: '1200' },
    },
  })
  if (values.json && values.duration === undefined) throw new Error('--json needs --duration <seconds>')
  return {
    port: number('port', values.port, 0, 65_535),
    durationSeconds:
      values.duration === undefined ? Infinity : number('duration', values.duration, 1, 86_400),
    json: values.json,
    stations: number('stations', values.stations, 20, 3000),
  }
}

/** @param {string} name @param {string} value @param {number} min @param {number} max */
function number(name, value, min, max) {
  const whole = /^\d+$/.test(value) ? Number(value) : NaN
  if (whole >= min && whole <= max) return whole
  throw new Error(`--${name} ${value}: expected a whole number from ${min} to ${max}`)
}
