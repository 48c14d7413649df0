import { Command } from 'commander'
import { type Clock, systemClock } from '../core/clock.ts'
import type { Stats } from '../core/stats.ts'
import type { Config } from '../engine/config/config.ts'
import { configFrom, type ConfigOptions, withConfigOptions } from './config-options.ts'
import type { Terminal } from './terminal.ts'
import { packageVersion } from './version.ts'
import { listenWarnings } from './warnings.ts'

/** Where an engine listens. */
export interface ListeningAt {
  readonly host: string
  readonly port: number
  /** Server library that `server: auto` came to. */
  readonly server?: 'uws' | 'ws'
}

/** What of an engine the server needs. */
export interface ServedEngine {
  listen(): Promise<ListeningAt>
  /** Processes what was accepted, then ends. */
  close(): Promise<void>
  /** Answers after `close` too, with the last figures. */
  stats(): Pick<Stats, 'account' | 'alerts' | 'uptimeSeconds'>
}

/** What the command is built from. */
export interface ServeParts {
  readonly createEngine: (config: Config) => Promise<ServedEngine>
  readonly terminal: Terminal
  readonly clock?: Clock
}

interface Options extends ConfigOptions {
  readonly json?: boolean
}

/** `millrace serve`: runs an engine until SIGINT or SIGTERM, then closes it without losing what it accepted. */
export function serveCommand({ createEngine, terminal, clock = systemClock() }: ServeParts): Command {
  const run = async (options: Options): Promise<void> => {
    const { config } = configFrom(options)
    const say = options.json ? jsonSpeaker(terminal) : lineSpeaker(terminal)
    for (const warning of listenWarnings(config, clock)) say.warning(warning)
    const stop = terminal.stopRequested()
    const engine = await createEngine(config)
    const at = await listenOrClose(engine)
    say.listening(at, config)
    await stop
    await engine.close()
    say.closed(engine.stats())
  }
  return withConfigOptions(new Command('serve'))
    .description('run the engine')
    .option('--json', 'one JSON document per line')
    .action(run)
}

async function listenOrClose(engine: ServedEngine): Promise<ListeningAt> {
  try {
    return await engine.listen()
  } catch (error) {
    await engine.close()
    throw error
  }
}

/** How events of the server's life are put. */
interface Speaker {
  warning(message: string): void
  listening(at: ListeningAt, config: Config): void
  closed(stats: ReturnType<ServedEngine['stats']>): void
}

function jsonSpeaker({ out, err }: Terminal): Speaker {
  return {
    warning: (message) => err(JSON.stringify({ event: 'warning', message })),
    listening: (at, { listeners, limits: { series }, durability, tls }) =>
      out(
        JSON.stringify({
          ...{ event: 'listening', version: packageVersion(), url: streamUrl(at, tls !== null), ...at },
          ...{ listeners, series, durability, pid: process.pid },
        }),
      ),
    closed: (stats) => out(JSON.stringify({ event: 'closed', ...stats })),
  }
}

const SERVER_NAMES = { uws: 'uWebSockets.js', ws: 'ws, the slower fallback' }

function lineSpeaker({ out, err }: Terminal): Speaker {
  return {
    warning: (message) => err(`millrace: warning: ${message}`),
    listening(at, { listeners, limits: { series }, durability, tls }) {
      const server = at.server ? [SERVER_NAMES[at.server]] : []
      const facts = [
        ...server,
        counted(listeners, 'listener'),
        counted(series, 'series', 'series'),
        durability,
      ]
      out(`millrace ${packageVersion()} listening on ${streamUrl(at, tls !== null)} (${facts.join(', ')})`)
    },
    closed({ account, alerts, uptimeSeconds }) {
      const { received, accepted, refused, malformed, processed, inFlight, deadLettered } = account
      const figures = {
        received,
        accepted,
        refused,
        malformed,
        processed,
        'in flight': inFlight,
        'dead-lettered': deadLettered,
      }
      const words = Object.entries(figures).map(([word, value]) => `${grouped(value)} ${word}`)
      out(
        `millrace closed after ${uptimeSeconds.toFixed(1)} s; readings: ${words.join(', ')}; ${counted(alerts.raised, 'alert')}`,
      )
    },
  }
}

function streamUrl({ host, port }: ListeningAt, secure: boolean): string {
  const name = host.includes(':') ? `[${host}]` : host
  return `${secure ? 'wss' : 'ws'}://${name}:${port}/v1/stream`
}

const grouped = (value: number): string => value.toLocaleString('en-US')

const counted = (value: number, one: string, many = `${one}s`): string =>
  `${grouped(value)} ${value === 1 ? one : many}`
