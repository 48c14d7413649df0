/** Planned maintenance in the engine: the book of reservations with what it reaches, what of it is kept, and its alerts. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AlertDesk } from '../alerts/alert-desk.ts'
import type { Clear, Raise } from '../alerts/alert-values.ts'
import { ambientRandom } from '../core/ambient.ts'
import type { Clock } from '../core/clock.ts'
import type { CapacityHolds, CapacityOutlook } from '../core/scaling.ts'
import type { DeviceRegistry } from '../devices/registry/device-registry.ts'
import type { MaintenanceEvent } from '../reservations/maintenance.ts'
import {
  type Admitted,
  type CancelOptions,
  type KeptReservations,
  ReservationBook,
} from '../reservations/reservation-book.ts'
import type { Report } from '../reservations/window-run.ts'
import { NodeSinkDisk } from '../sinks/node-sink-disk.ts'
import { StateFile } from '../sinks/state-file.ts'
import { NodePoster } from '../sinks/webhook/node-poster.ts'
import type { Config } from './config/config.ts'
import type { MaintenanceJobInput } from './config/options/maintenance.ts'
import { alertHolds } from './maintenance/alert-holds.ts'
import { alertOf, MAINTENANCE_RULE } from './maintenance/failure-alert.ts'
import { Hooks, type MaintenanceCallback } from './maintenance/hooks.ts'
import { readJob } from './maintenance/job-input.ts'
import { specOf } from './maintenance/spec.ts'

export interface MaintenanceDeskParts {
  readonly config: Pick<Config, 'maintenance' | 'notifications' | 'dataDir'>
  readonly clock: Clock
  readonly registry: DeviceRegistry
  readonly outlook: CapacityOutlook
  readonly alertDesk: AlertDesk
  readonly raise: (raise: Raise) => void
  readonly clear: (clear: Clear) => void
  readonly drain: (devices: readonly string[], limitMs: number) => Promise<boolean>
  readonly tell: (event: MaintenanceEvent) => void
  readonly onWarning: (message: string) => void
  readonly onFailure: (error: unknown) => void
}

/** In the data directory. */
const FILE = 'maintenance.json'
const TOKEN_BYTES = 24
const MASKED_SHARE = 0.1

/** Planned maintenance: plan it, look at it, report what comes of it. */
export class MaintenanceDesk {
  readonly #parts: MaintenanceDeskParts
  readonly #book: ReservationBook
  readonly #hooks: Hooks
  readonly #poster = new NodePoster()
  readonly #listeners = new Set<(event: MaintenanceEvent) => void>()
  #file: StateFile<KeptReservations> | undefined
  #isClosed = false

  /** @internal Keeps nothing; see `open`. */
  constructor(parts: MaintenanceDeskParts) {
    const { config, clock, registry, outlook, alertDesk, onFailure } = parts
    const { hooks, maxJobs, maxDevices, history, horizon } = config.maintenance
    this.#parts = parts
    this.#hooks = new Hooks(hooks, {
      ...{ clock, poster: this.#poster, externalUrl: config.notifications.externalUrl },
      ...{ env: (name) => process.env[name], readText: (path) => readFile(path, 'utf8') },
    })
    const ports = {
      ...{ clock, random: ambientRandom, outlook, hooks: this.#hooks, drain: parts.drain },
      devices: { all: () => registry, has: (name: string) => registry.get(name) !== undefined },
      alerts: alertHolds(alertDesk, onFailure),
      newToken: () => randomBytes(TOKEN_BYTES).toString('base64url'),
      tell: (event: MaintenanceEvent) => this.#tell(event),
      changed: () => this.#file?.changed(),
      failed: onFailure,
    }
    const limits = { jobs: maxJobs, devices: maxDevices, past: history, horizonMs: horizon }
    this.#book = new ReservationBook(ports, limits)
  }

  /** @internal With what an earlier process has kept. */
  static async open(parts: MaintenanceDeskParts): Promise<MaintenanceDesk> {
    const desk = new MaintenanceDesk(parts)
    const { config, clock, onFailure } = parts
    if (config.dataDir === null) return desk
    const disk = new NodeSinkDisk()
    const path = join(config.dataDir, FILE)
    const kept = await StateFile.read<KeptReservations>(path, disk, onFailure)
    if (kept !== undefined) desk.#book.restore(kept)
    desk.#file = new StateFile({
      ...{ path, disk, clock, onFailure, afterMs: 20, share: 1 / 5 },
      state: () => desk.#book.kept(),
    })
    return desk
  }

  /** @internal Devices and alerts from before the last end are there: windows begin from now on. */
  begin(): void {
    if (this.#isClosed) return
    const { config, onWarning } = this.#parts
    for (const refused of this.#book.declare(config.maintenance.jobs.map(specOf)))
      onWarning(`maintenance is not planned: ${refused}`)
    this.#book.begin()
  }

  /** @internal What the policies of scaling keep free. */
  get holds(): CapacityHolds {
    return this.#book
  }

  /** @internal Whether so many devices are worked on that what they send says nothing of what is usual. */
  get mask(): 'maintenance' | null {
    const devices = this.#book.devicesUnderWay
    return devices > 0 && devices >= MASKED_SHARE * this.#parts.registry.size ? 'maintenance' : null
  }

  /**
   * Plans a job; the answer says when it would fit where it does not. Throws bad-request, conflict (the name is taken) or
   * limit-reached.
   *
   * @example engine.maintenance.add({ name: 'pumps-4.2', starts: '2027-01-31T02:30', duration: '1h', devices: ['device=pump-*'] })
   */
  add(job: MaintenanceJobInput): Admitted {
    return this.#book.add(specOf(readJob(job)))
  }

  /** The next first; those that have ended last. */
  list(): ReturnType<ReservationBook['list']> {
    return this.#book.list()
  }

  /** Throws not-found. */
  get(name: string): ReturnType<ReservationBook['get']> {
    return this.#book.get(name)
  }

  /** What becomes of each device in the window under way, or became in the one that ended last. Throws not-found. */
  executions(
    ...[name, status]: Parameters<ReservationBook['executions']>
  ): ReturnType<ReservationBook['executions']> {
    return this.#book.executions(name, status)
  }

  /** Calls it off, also when it is under way. Throws not-found or conflict. */
  cancel(name: string, options: CancelOptions): ReturnType<ReservationBook['cancel']> {
    return this.#book.cancel(name, options)
  }

  /** Begins its next window now, if it fits. Throws not-found or conflict. */
  start(name: string): Admitted {
    return this.#book.start(name)
  }

  /** What whoever does the work says of it. Throws not-found or conflict. */
  report(name: string, report: Report): ReturnType<ReservationBook['report']> {
    return this.#book.report(name, report)
  }

  /** @internal From whoever a hook has told the token. */
  reportByToken(token: string, report: Report): ReturnType<ReservationBook['report']> {
    return this.#book.reportByToken(token, report)
  }

  /** Does the work of jobs whose `hook` is this name; returns what ends that. Throws conflict. */
  onHook(name: string, callback: MaintenanceCallback): () => void {
    return this.#hooks.register(name, callback)
  }

  /** @internal */
  subscribe(listener: (event: MaintenanceEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** @internal */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#book.close()
    await this.#file?.close()
    this.#poster.close()
  }

  #tell(event: MaintenanceEvent): void {
    const { raise, clear, tell } = this.#parts
    const alert = alertOf(event)
    if (alert !== undefined) raise(alert)
    if (event.change === 'completed')
      clear({ rule: MAINTENANCE_RULE, series: 0n, key: event.job, time: event.at })
    for (const listener of this.#listeners) listener(event)
    tell(event)
  }
}
