import type { Stats } from '../core/stats.ts'
import type { Config } from '../engine/config/config.ts'
import type { EngineEvents } from '../engine/engine-events.ts'
import type { Terminal } from './terminal.ts'
import { packageVersion } from './version.ts'

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
  on<K extends 'warning' | 'failure' | 'recovered'>(
    event: K,
    listener: (...args: EngineEvents[K]) => void,
  ): () => void
  /** Processes what was accepted, then ends. */
  close(): Promise<void>
  /** Answers after `close` too, with the last figures. */
  stats(): Pick<Stats, 'account' | 'alerts' | 'uptimeSeconds'>
}

type LastFigures = ReturnType<ServedEngine['stats']>

/** How the events of a server's life are put. */
export interface Speaker {
  warning(message: string): void
  /** Something went wrong that the engine survives. */
  failure(error: unknown): void
  listening(at: ListeningAt, config: Config): void
  /** Readings accepted before the last end were taken in again. */
  recovered(readings: number, seconds: number): void
  closed(stats: LastFigures): void
}

/** One JSON document per event and line. */
export const jsonSpeaker = ({ out, err }: Terminal): Speaker => ({
  warning: (message) => err(JSON.stringify({ event: 'warning', message })),
  failure: (error) => err(JSON.stringify({ event: 'failure', message: messageOf(error) })),
  listening: (at, config) => out(JSON.stringify({ event: 'listening', ...factsOf(at, config) })),
  recovered: (readings, seconds) => out(JSON.stringify({ event: 'recovered', readings, seconds })),
  closed: (stats) => out(JSON.stringify({ event: 'closed', ...stats })),
})

/** One readable line per event. */
export const lineSpeaker = ({ out, err }: Terminal): Speaker => ({
  warning: (message) => err(`millrace: warning: ${message}`),
  failure: (error) => err(`millrace: failure: ${messageOf(error)}`),
  listening: (at, config) => out(readyLine(at, config)),
  recovered: (readings, seconds) =>
    out(`millrace recovered: ${grouped(readings)} readings taken in again in ${seconds.toFixed(1)} s; ready`),
  closed: (stats) => out(lastLine(stats)),
})

function factsOf(at: ListeningAt, { listeners, limits: { series }, durability, tls }: Config) {
  const url = streamUrl(at, tls !== null)
  return { version: packageVersion(), url, ...at, listeners, series, durability, pid: process.pid }
}

const SERVER_NAMES = { uws: 'uWebSockets.js', ws: 'ws, the slower fallback' }

function readyLine(at: ListeningAt, config: Config): string {
  const { version, url, listeners, series, durability } = factsOf(at, config)
  const counts = [counted(listeners, 'listener'), `${grouped(series)} series`]
  const facts = [...(at.server ? [SERVER_NAMES[at.server]] : []), ...counts, durability]
  return `millrace ${version} listening on ${url} (${facts.join(', ')})`
}

function lastLine({ account, alerts, uptimeSeconds }: LastFigures): string {
  const { received, accepted, refused, malformed, processed, inFlight, deadLettered } = account
  const sides = { received, accepted, refused, malformed, processed }
  const rest = { 'in flight': inFlight, 'dead-lettered': deadLettered }
  const words = Object.entries({ ...sides, ...rest }).map(([word, value]) => `${grouped(value)} ${word}`)
  const raised = counted(alerts.raised, 'alert')
  return `millrace closed after ${uptimeSeconds.toFixed(1)} s; readings: ${words.join(', ')}; ${raised}`
}

function streamUrl({ host, port }: ListeningAt, secure: boolean): string {
  const name = host.includes(':') ? `[${host}]` : host
  return `${secure ? 'wss' : 'ws'}://${name}:${port}/v1/stream`
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const grouped = (value: number): string => value.toLocaleString('en-US')

const counted = (value: number, word: string): string => `${grouped(value)} ${word}${value === 1 ? '' : 's'}`
