// @ts-check
/**
 * `millrace serve`, as built, with an engine that does nothing but live and be closed, so that the life of the server
 * can be tried with real signals. ENGINE says how it behaves: fine, no-port (listening fails),
 * failing (a worker crashes), recovering (what was accepted before is taken in again) or endless (closing takes for ever).
 */
import { runMillrace } from '../../dist/cli/run.js'
import { serveCommand } from '../../dist/cli/serve.js'
import { processTerminal } from '../../dist/cli/terminal.js'
import { MillraceError } from '../../dist/core/errors.js'

const behaviour = process.env.ENGINE ?? 'fine'
const account = {
  received: 1234,
  accepted: 1200,
  refused: 30,
  malformed: 4,
  processed: 1199,
  inFlight: 0,
  deadLettered: 1,
  forwarded: 0,
}

/** @param {string} host @param {number} port @returns {import('../../src/cli/serve-events.ts').ServedEngine} */
function engine(host, port) {
  const alive = setInterval(() => undefined, 60_000)
  return {
    listen: async () => {
      if (behaviour === 'no-port')
        throw new MillraceError('listen-failed', `cannot listen on ${host}:${port}: in use`)
      return { host, port: port || 40_000, server: 'uws' }
    },
    on: (event, /** @type {(what: any) => void} */ listener) => {
      if (event === 'failure' && behaviour === 'failing')
        setTimeout(() => listener(new Error('worker 0 crashed')), 50)
      if (event === 'recovered' && behaviour === 'recovering')
        setTimeout(() => listener({ readings: 1_234_567, seconds: 2.345 }), 50)
      return () => undefined
    },
    close: async () => {
      process.stderr.write('closing\n')
      if (behaviour === 'endless') await new Promise(() => undefined)
      clearInterval(alive)
    },
    stats: () => ({ account, alerts: { open: 0, raised: 2, standings }, uptimeSeconds: 1.25 }),
  }
}

const none = { low: 0, medium: 0, high: 0, critical: 0 }
const standings = { pending: none, firing: none, acknowledged: none, suppressed: none }
const terminal = processTerminal()
/** @param {{ host: string, port: number }} config */
const createEngine = async ({ host, port }) => engine(host, port)
process.exitCode = await runMillrace(
  process.argv.slice(2),
  [serveCommand({ createEngine, terminal })],
  terminal,
)
