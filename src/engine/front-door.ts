import { MillraceError } from '../core/errors.ts'
import type { Stats } from '../core/stats.ts'
import { observeCursor, waitForChange } from '../memory/atomics.ts'
import { RING_ROUTE_CURSOR } from '../memory/layout/ring.layout.ts'
import { placeOf } from '../memory/memory-plan.ts'
import { ProcessProbe } from '../observability/process-probe.ts'
import { renderPrometheus } from '../observability/prometheus.ts'
import { checkBind } from '../security/bind.ts'
import { Authenticator, bearerToken } from '../security/tokens.ts'
import { readTls } from '../security/tls.ts'
import { createApi } from './api/create-api.ts'
import type { EngineView } from './api/engine-view.ts'
import type { Assembly } from './assembly.ts'
import { type Listener, type Listening, openListener } from './listener.ts'
import { ReadingQuarantine } from './reading-quarantine.ts'
import { SeriesReader } from './series-reader.ts'
import { FIRST_LISTENER_RING } from './sizing.ts'

const SWEEP_EVERY_MS = 5000
/** RFC 6455, 7.4.1: an endpoint is going away. */
const CLOSE_GOING_AWAY = 1001

/** The engine's port: the listener, who may come in, and the HTTP API. */
export class FrontDoor {
  readonly #parts: Assembly
  readonly #stats: () => Stats
  readonly #authenticator: Authenticator
  readonly #probe: ProcessProbe
  readonly #readingQuarantine: ReadingQuarantine
  #listener: Listener | undefined
  #stopSweeping: (() => void) | undefined
  #unready = 'not listening yet'

  constructor(parts: Assembly, stats: () => Stats) {
    this.#parts = parts
    this.#stats = stats
    this.#authenticator = new Authenticator(parts.config.auth)
    this.#probe = new ProcessProbe(parts.clock)
    const sourceName = (source: number): string => this.#listener?.intake.sourceName(source) ?? ''
    this.#readingQuarantine = new ReadingQuarantine(parts.foundation, parts.quarantine, sourceName)
  }

  /** Senders wait for answers. */
  get hasWaiting(): boolean {
    return (this.#listener?.producer.answersWanted ?? 0) > 0
  }

  async open(): Promise<Listening> {
    if (this.#listener !== undefined) throw new MillraceError('conflict', 'the engine is listening already')
    const { config, clock, foundation, directory, quarantine, events } = this.#parts
    const warning = checkBind(config)
    if (warning !== null) events.tell('warning', warning)
    const tls = config.tls === null ? null : readTls(config.tls, { nowEpochMs: clock.epochMs() })
    for (const words of tls?.warnings ?? []) events.tell('warning', words)
    this.#listener = await openListener({
      foundation,
      config,
      ring: FIRST_LISTENER_RING,
      clock,
      names: directory,
      authenticate: (token) => this.#authenticate(token),
      http: createApi(this.#view()),
      tls: tls === null ? null : { key: tls.keyFile ?? tls.key, cert: tls.certFile ?? tls.cert },
      pause: (ms) => this.#pause(ms),
      quarantine: ({ cause, source, bytes }) => quarantine.add(cause, source, bytes),
      onError: (error) => events.tell('failure', error),
      onWarning: (message) => events.tell('warning', message),
    })
    const endpoint = await this.#listen(this.#listener)
    this.#stopSweeping = clock.every(SWEEP_EVERY_MS, () => this.#listener?.intake.sweep())
    this.#unready = ''
    return { ...endpoint, server: this.#listener.server.kind === 'ws' ? 'ws' : 'uws' }
  }

  async #listen(listener: Listener): Promise<{ host: string; port: number }> {
    try {
      return await listener.listen()
    } catch (error) {
      this.#listener = undefined
      throw error
    }
  }

  settle(): void {
    this.#listener?.intake.settle()
  }

  collect(): void {
    this.#readingQuarantine.collect()
  }

  beginShutdown(): void {
    this.#unready = 'shutting down'
    this.#listener?.intake.beginShutdown()
  }

  async close(): Promise<void> {
    this.#stopSweeping?.()
    this.#probe.close()
    this.#listener?.intake.disconnect(CLOSE_GOING_AWAY, 'the engine is shutting down')
    await this.#listener?.server.close()
  }

  /** While the ring is full this thread has nothing better to do than to take in what the workers say. */
  #pause(ms: number): void {
    const { foundation, egress } = this.#parts
    const cursor = placeOf.ringControl(foundation.plan, FIRST_LISTENER_RING) + RING_ROUTE_CURSOR
    const before = observeCursor(foundation.memory.i32, cursor)
    egress.drain()
    waitForChange(foundation.memory.i32, cursor, before, ms)
  }

  #authenticate(token: string) {
    const result = this.#authenticator.authenticate(token, 'device', this.#parts.clock.epochMs())
    if (result.ok) return { tenant: result.tenant }
    return { refused: result.status === 401 ? 'unauthorized' : 'forbidden', message: result.reason } as const
  }

  #readiness(): { ready: true } | { ready: false; reason: string } {
    if (this.#unready !== '') return { ready: false, reason: this.#unready }
    return this.#parts.router.isRunning ? { ready: true } : { ready: false, reason: 'the router has failed' }
  }

  #view(): EngineView {
    const { clock, directory, alerts, quarantine, deadLetters, foundation, latency, events } = this.#parts
    const series = new SeriesReader(foundation, directory.regions.names)
    return {
      clock,
      registry: directory.registry,
      dictionary: directory.dictionary,
      alerts,
      quarantine,
      deadLetters,
      stats: this.#stats,
      prometheus: () => renderPrometheus(this.#stats(), latency, this.#probe.read()),
      ready: () => this.#readiness(),
      series: (deviceId, metricId) => series.read(deviceId, metricId),
      authorize: ({ authorization, query }, scope) => {
        const token = bearerToken(authorization, query)
        const result = this.#authenticator.authenticate(token, scope, clock.epochMs())
        return result.ok ? 'ok' : { status: result.status, reason: result.reason }
      },
      fault: (error) => events.tell('failure', error),
    }
  }
}
