import { setImmediate as turnOfOthers } from 'node:timers/promises'
import type { AlertDesk } from '../alerts/alert-desk.ts'
import type { Stats } from '../core/stats.ts'
import { MillraceError } from '../core/errors.ts'
import type { DeviceRegistry } from '../devices/registry/device-registry.ts'
import type { MetricsDictionary } from '../devices/registry/metrics-dictionary.ts'
import type { IncidentBook } from '../incidents/incident-book.ts'
import { whenChanged } from '../memory/atomics.ts'
import type { Assembly } from './assembly.ts'
import { replayerOf } from './dead-letter-replayer.ts'
import { type IngestResult } from './embedding/embedded-intake.ts'
import type { ReadingInput } from './embedding/reading-input.ts'
import { ReadingWriter } from './embedding/reading-writer.ts'
import type { MaintenanceDesk } from './maintenance-desk.ts'
import type { PipelineDesk } from './pipelines/pipeline-desk.ts'
import type { EngineEvents } from './engine-events.ts'
import { FrontDoor } from './front-door.ts'
import type { ResultListener } from './result-desk.ts'
import type { ScalingDesk } from './scaling-desk.ts'
import type { Listening } from './listeners/listener.ts'

const STATS_EVERY_MS = 1000
const COLLECT_EVERY_MS = 250
const LOOK_EVERY_MS = 10
const DRAIN_POLL_MS = 2
/** What workers have at least to leave their lanes, however long the rest took. */
const LEAVING_MS = 500
/** What sinks have at least to hand on the last items, however long the rest took. */
const LAST_SINKS_MS = 250
/** The bell is asked again after this long, whether it has rung or not. */
const BELL_TIMEOUT_MS = 500

/**
 * A running engine. Readings come in through `listen()`, `ingest()` or `writer()`; results go out through `on()`.
 *
 * @example
 * const engine = await createEngine({ port: 0 })
 * engine.on('alert', (alert) => console.log(alert.device, alert.message))
 * await engine.ingest([{ device: 'pump-7', metric: 'temperature', value: 21.4 }])
 * await engine.close()
 */
export class Engine {
  readonly #parts: Assembly
  readonly #door: FrontDoor
  readonly #writer: ReadingWriter
  readonly #timers: readonly (() => void)[]
  #closing: Promise<void> | undefined
  #lastStats: Stats | undefined

  /** @internal Use `createEngine`. */
  constructor(parts: Assembly) {
    const { foundation, embedded, config, clock } = parts
    this.#parts = parts
    const replayer = replayerOf({
      ingest: (readings) => this.ingest(readings),
      ...{ sinks: parts.sinks, notifications: parts.notifications },
      stage: (...item) => parts.pipelines.replay(...item),
    })
    this.#door = new FrontDoor(parts, () => this.stats(), replayer)
    const maxReadings = Math.floor(config.limits.frameBytes / 32) - 1
    this.#writer = new ReadingWriter(foundation.memory, embedded, maxReadings)
    this.#timers = [
      clock.every(LOOK_EVERY_MS, () => this.#lookForATurn()),
      clock.every(COLLECT_EVERY_MS, () => this.#collect()),
      clock.every(STATS_EVERY_MS, () => this.#tellStats()),
    ]
    void this.#answerTheBell()
    void parts.router.lost.then(() => this.#giveUp())
  }

  /** The registry of devices. */
  get devices(): DeviceRegistry {
    return this.#parts.directory.registry
  }

  /** The pipelines that run. */
  get pipelines(): Pick<PipelineDesk, 'list' | 'start' | 'remove'> {
    return this.#parts.pipelines
  }

  /** Incidents: anomalies of several devices that belong together. */
  get incidents(): Pick<IncidentBook, 'recent' | 'find' | 'open'> {
    return this.#parts.incidents.book
  }

  /** Alerts as people and programs deal with them: list, acknowledge, silence, hold during maintenance. */
  get alerts(): AlertDesk {
    return this.#parts.alertDesk
  }

  /** Planned maintenance. */
  get maintenance(): Omit<
    MaintenanceDesk,
    'begin' | 'close' | 'holds' | 'mask' | 'subscribe' | 'reportByToken'
  > {
    return this.#parts.maintenance
  }

  /** Elastic capacity: what was decided and why, overrides, and changes of the policy. */
  get scaling(): ScalingDesk {
    return this.#parts.scaling
  }

  /** The metrics dictionary. */
  get metrics(): MetricsDictionary {
    return this.#parts.directory.dictionary
  }

  /** Opens the port for WebSocket and HTTP. Throws listen-failed, or insecure-bind beyond loopback without tokens. */
  async listen(): Promise<Listening> {
    this.#checkOpen()
    return this.#door.open()
  }

  /**
   * Resolves when the engine takes readings: with `durability: journal`, when what was accepted before its last end is
   * taken in again. Rejects when that fails.
   */
  get ready(): Promise<void> {
    return this.#parts.durability?.ready ?? Promise.resolve()
  }

  /**
   * Hands readings in; resolves when they have been routed (and are durable), with what became of them. A device or metric not seen
   * before is registered under the admission rule. Throws bad-request for a reading of the wrong shape (then none is
   * taken); readings that are merely not believable are in `refused`.
   */
  async ingest(readings: readonly ReadingInput[]): Promise<IngestResult> {
    this.#checkOpen()
    await this.ready
    return this.#parts.packer.ingest(readings)
  }

  /** Room in shared memory for programs that have many readings at once. Always the same writer. */
  writer(): ReadingWriter {
    this.#checkOpen()
    return this.#writer
  }

  /** Calls `listener` on each event; returns what ends it. */
  on<K extends keyof EngineEvents>(event: K, listener: (...args: EngineEvents[K]) => void): () => void {
    return this.#parts.events.on(event, listener)
  }

  /**
   * Calls `listener` on each item of a `callback` sink, one after the other of a sink; returns what ends it. A listener
   * may return a promise, which is waited for. What it throws costs the item, as the node's policy says. An item may come
   * again: drop repeats by `id`.
   */
  onResult(listener: ResultListener): () => void {
    return this.#parts.results.on(listener)
  }

  /** The figures of this instant; after `close()` the last ones. */
  stats(): Stats {
    if (this.#lastStats !== undefined) return this.#lastStats
    this.#look()
    return this.#parts.statsDesk.stats()
  }

  /**
   * Changes the number of worker threads, between pool.min and pool.max. Resolves when it is so; nothing is lost. Where
   * scaling is enabled it stays so, whatever the load is, until `scaling.endOverride()`.
   */
  async setPoolSize(size: number): Promise<void> {
    this.#checkOpen()
    const { min, max } = this.#parts.config.pool
    if (!Number.isInteger(size) || size < min || size > max)
      throw new RangeError(`setPoolSize: ${size} is not allowed; allowed: ${min} to ${max}`)
    this.#parts.scaling.override({ units: size, by: 'setPoolSize' })
    await this.#parts.pool.resize(size)
  }

  /**
   * Refuses what comes from now on, waits until what was accepted is processed (at most shutdownTimeoutMs), then
   * ends threads and connections. Calling it again returns the same promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  async #shutDown(): Promise<void> {
    const {
      embedded,
      egress,
      statsDesk,
      clock,
      config,
      pool,
      router,
      latency,
      durability,
      sinks,
      notifications,
      pipelines,
    } = this.#parts
    embedded.beginShutdown()
    await this.#door.beginShutdown()
    const untilMs = clock.nowMs() + config.shutdownTimeoutMs
    while (router.isRunning && !statsDesk.isDrained() && clock.nowMs() < untilMs) {
      this.#look()
      await new Promise<void>((resolve) => clock.after(DRAIN_POLL_MS, resolve))
    }
    this.#look()
    this.#collect()
    await durability?.close()
    this.#look()
    await this.#parts.maintenance.close()
    await this.#door.close()
    await this.#parts.rules.close()
    this.#parts.gauge.close()
    await this.#parts.keptScaling.close()
    await this.#parts.scaling.close()
    await pool.close(Math.max(LEAVING_MS, untilMs - clock.nowMs()))
    await router.stop()
    egress.drainAfterDeath()
    this.#look()
    await pipelines.close()
    const lastMs = Math.max(LAST_SINKS_MS, untilMs - clock.nowMs())
    await Promise.all([sinks.close(lastMs), notifications.close(lastMs)])
    this.#parts.incidents.close()
    this.#parts.escalation.close()
    for (const stop of this.#timers) stop()
    this.#lastStats = statsDesk.stats()
    latency.close()
  }

  /** Takes in what the workers have sent, and answers what has been routed. */
  #look(): void {
    this.#parts.egress.drain()
    this.#parts.embedded.settle()
    this.#door.settle()
  }

  /** The same, as far as a turn of the event loop goes: false when there is more. */
  #lookForATurn(): boolean {
    const isDrained = this.#parts.egress.drainForATurn()
    this.#parts.embedded.settle()
    this.#door.settle()
    return isDrained
  }

  #collect(): void {
    this.#parts.statsDesk.collectLatencies()
    this.#parts.alerts.advance()
    this.#parts.retryAdvice.update()
    this.#door.collect()
  }

  #tellStats(): void {
    if (this.#lastStats === undefined && this.#parts.events.isHeard('stats'))
      this.#parts.events.tell('stats', this.stats())
  }

  async #answerTheBell(): Promise<void> {
    const { foundation, embedded, externalizer } = this.#parts
    while (this.#lastStats === undefined) {
      const bell = foundation.doorbell.arm(
        embedded.hasWaiting || this.#door.hasWaiting || externalizer.isHolding,
      )
      if (this.#lookForATurn())
        await whenChanged(foundation.memory.i32, bell.address, bell.value, BELL_TIMEOUT_MS)
      else await turnOfOthers()
    }
  }

  /** Without a router nothing gets any further: senders are told so rather than left waiting. */
  #giveUp(): void {
    this.#parts.embedded.giveUp()
    this.#door.giveUp()
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new MillraceError('closed', 'the engine is closed, or about to be')
  }
}
