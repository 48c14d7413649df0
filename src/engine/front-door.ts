import { MillraceError } from '../core/errors.ts'
import type { Stats } from '../core/stats.ts'
import { DeadLetterReplay, type Replayer } from '../observability/dead-letter-replay.ts'
import { ProcessProbe } from '../observability/process-probe.ts'
import { renderPrometheus } from '../observability/prometheus.ts'
import { checkBind } from '../security/bind.ts'
import { readTls } from '../security/tls.ts'
import { Authenticator, bearerToken } from '../security/tokens.ts'
import type { Tls } from '../ingest/websocket/stream-server.ts'
import { createApi } from './api/create-api.ts'
import type { EngineView } from './api/engine-view.ts'
import type { Assembly } from './assembly.ts'
import type { Listening } from './listeners/listener.ts'
import { ListenerThreads } from './listeners/listener-threads.ts'
import type { Listeners } from './listeners/listeners.ts'
import { MainListener } from './listeners/main-listener.ts'
import { ReadingQuarantine } from './reading-quarantine.ts'
import { SeriesReader } from './series-reader.ts'

const ROUTER_FAILED = 'the router has failed'

/** The engine's port: its listeners, who may come in, and the HTTP API. */
export class FrontDoor {
  readonly #parts: Assembly
  readonly #stats: () => Stats
  readonly #replayer: Replayer
  readonly #authenticator: Authenticator
  readonly #probe: ProcessProbe
  readonly #readingQuarantine: ReadingQuarantine
  #isOpened = false
  #isClosing = false
  #listeners: Listeners | undefined
  #unready = 'not listening yet'

  constructor(parts: Assembly, stats: () => Stats, replayer: Replayer) {
    this.#parts = parts
    this.#stats = stats
    this.#replayer = replayer
    this.#authenticator = new Authenticator(parts.config.auth)
    this.#probe = new ProcessProbe(parts.clock)
    const senderName = (ring: number, source: number) => this.#listeners?.senderName(ring, source) ?? ''
    this.#readingQuarantine = new ReadingQuarantine(parts.foundation, parts.quarantine, senderName)
  }

  /** Senders wait for answers. */
  get hasWaiting(): boolean {
    return this.#listeners?.hasWaiting ?? false
  }

  async open(): Promise<Listening> {
    if (this.#isOpened) throw new MillraceError('conflict', 'the engine is listening already')
    if (!this.#parts.router.isRunning) throw new MillraceError('internal', ROUTER_FAILED)
    this.#isOpened = true
    try {
      const warning = checkBind(this.#parts.config)
      if (warning !== null) this.#parts.events.tell('warning', warning)
      this.#listeners = await this.#openListeners(this.#readTls())
      const listening = await this.#listeners.listen()
      if (this.#isClosing) throw new MillraceError('closed', 'the engine was closed before it listened')
      this.#unready = ''
      return listening
    } catch (error) {
      await this.#listeners?.close()
      this.#listeners = undefined
      this.#isOpened = false
      throw error
    }
  }

  async #openListeners(tls: Tls | null): Promise<Listeners> {
    const parts = { assembly: this.#parts, http: createApi(this.#view()), tls }
    return this.#parts.config.listeners === 1 ? MainListener.open(parts) : new ListenerThreads(parts)
  }

  #readTls(): Tls | null {
    const { config, clock, events } = this.#parts
    if (config.tls === null) return null
    const tls = readTls(config.tls, { nowEpochMs: clock.epochMs() })
    for (const words of tls.warnings) events.tell('warning', words)
    return { key: tls.keyFile ?? tls.key, cert: tls.certFile ?? tls.cert }
  }

  settle(): void {
    this.#listeners?.settle()
  }

  collect(): void {
    this.#readingQuarantine.collect()
  }

  /** Resolves when every frame that comes is refused. */
  async beginShutdown(): Promise<void> {
    this.#isClosing = true
    this.#unready = 'shutting down'
    await this.#listeners?.beginShutdown()
  }

  /** Closes every connection with the reason, and refuses what comes from now on. */
  giveUp(): void {
    this.#listeners?.giveUp(ROUTER_FAILED)
  }

  async close(): Promise<void> {
    this.#probe.close()
    await this.#listeners?.close()
  }

  #readiness(): { ready: true } | { ready: false; reason: string } {
    if (this.#unready !== '') return { ready: false, reason: this.#unready }
    const unready = this.#parts.durability?.unready ?? ''
    if (unready !== '') return { ready: false, reason: unready }
    return this.#parts.router.isRunning ? { ready: true } : { ready: false, reason: ROUTER_FAILED }
  }

  #view(): EngineView {
    const {
      clock,
      directory,
      alerts,
      alertNews,
      incidents,
      escalation,
      alertDesk,
      maintenance,
      quarantine,
      deadLetters,
      sinks,
      notifications,
      pipelines,
      scaling,
      foundation,
      latency,
      events,
    } = this.#parts
    const series = new SeriesReader(foundation, directory.regions.names)
    return {
      clock,
      registry: directory.registry,
      dictionary: directory.dictionary,
      alerts,
      alertNews,
      incidents,
      escalation,
      alertDesk,
      maintenance,
      quarantine,
      deadLetters,
      deadLetterReplay: new DeadLetterReplay(deadLetters, this.#replayer),
      pipelines,
      streams: sinks.streams,
      notifications,
      scaling,
      stats: this.#stats,
      prometheus: () => renderPrometheus(this.#stats(), latency, this.#probe.read(), notifications.latencies),
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
