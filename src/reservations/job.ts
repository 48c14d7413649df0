/** One job: what is wanted, its next window or the one under way, and those that are over. */
import type { Device } from '../core/device.ts'
import type { CapacityHold } from '../core/scaling.ts'
import type { Span } from './admission.ts'
import { unitsOf } from './capacity.ts'
import { DeviceSelector } from './device-selector.ts'
import type {
  Execution,
  JobStatus,
  JobView,
  MaintenanceSpec,
  MaintenanceWindow,
  WindowView,
} from './maintenance.ts'
import { Recurrence } from './recurrence.ts'
import type { WindowRun } from './window-run.ts'
import { viewOf } from './window-view.ts'

/** A job as it is kept over restarts. */
export interface KeptJob {
  readonly spec: MaintenanceSpec
  readonly isDeclared: boolean
  readonly made: number
  readonly window: MaintenanceWindow | null
  readonly ended: { readonly status: JobStatus; readonly reason: string } | null
  readonly past: readonly WindowView[]
  readonly latest: readonly Execution[]
}

/** More windows than this of one job are not looked at at once. */
const MAX_WINDOWS = 1000

export class Job {
  readonly spec: MaintenanceSpec
  readonly selector: DeviceSelector
  readonly recurrence: Recurrence
  /** From the configuration, and gone with it. */
  readonly isDeclared: boolean
  window: MaintenanceWindow | null = null
  run: WindowRun | undefined
  /** Null = it goes on. */
  ended: { readonly status: JobStatus; readonly reason: string } | null = null
  past: readonly WindowView[] = []
  /** Of the window that ended last. */
  latest: readonly Execution[] = []
  /** No window comes after the one that is there. */
  isLast = false
  #made = 0

  /** Throws bad-request for devices or a rule that are none. */
  constructor(spec: MaintenanceSpec, isDeclared: boolean) {
    this.spec = spec
    this.isDeclared = isDeclared
    this.selector = new DeviceSelector(spec.devices)
    this.recurrence = new Recurrence(spec)
  }

  static of({ spec, isDeclared, made, window, ended, past, latest }: KeptJob): Job {
    const job = new Job(spec, isDeclared)
    job.#made = made
    job.window = window
    job.ended = ended
    job.past = past
    job.latest = latest
    return job
  }

  /** Its next window is at this time. */
  plan(startsAt: number, of: { plannedAt: number; attempt: number; only: readonly string[] | null }): void {
    const { name, durationMs } = this.spec
    this.window = {
      ...{ id: `${name}.${++this.#made}`, ...of, startsAt, endsAt: startsAt + durationMs },
      ...{
        status: 'SCHEDULED',
        isFailed: false,
        reason: '',
        isPrepared: false,
        phase: 'waiting',
        phaseUntil: 0,
      },
      ...{ wave: 0, token: '', holds: [], executions: [] },
    }
  }

  /** Its window is over. */
  file(window: MaintenanceWindow, keep: number): void {
    this.past = [viewOf(window), ...this.past].slice(0, keep)
    this.latest = window.executions
    this.window = null
    this.run = undefined
  }

  /** Of the window under way, or else of the one that ended last. */
  get executions(): readonly Execution[] {
    return this.run === undefined ? this.latest : this.window!.executions
  }

  get hasSucceeded(): boolean {
    return this.past.some(({ status, isFailed }) => status === 'COMPLETED' && !isFailed)
  }

  matching(devices: Iterable<Device>): string[] {
    if (this.selector.isEmpty) return ['']
    const names: string[] = []
    for (const device of devices) if (this.selector.test(device)) names.push(device.name)
    return names
  }

  /** Windows that overlap the time: the planned one, and those that its rule says after it. */
  *windows(from: number, until: number): Generator<Span> {
    const { window } = this
    if (window === null) return
    if (window.startsAt < until && window.endsAt > from) yield window
    const { durationMs } = this.spec
    let at = Math.max(from - durationMs, window.endsAt - 1, window.plannedAt) + 1
    for (let count = 0; count < MAX_WINDOWS; count++) {
      const startsAt = this.recurrence.from(at)
      if (startsAt === undefined || startsAt >= until) return
      yield { startsAt, endsAt: startsAt + durationMs }
      at = startsAt + 1
    }
  }

  *holds(from: number, until: number, ceiling: number): Generator<CapacityHold> {
    const { name, kind, capacity, use, leadMs } = this.spec
    const units = unitsOf(capacity, ceiling)
    if (units === 0) return
    for (const { startsAt, endsAt } of this.windows(from, until + leadMs))
      yield {
        ...{ id: `${name}@${startsAt}`, from: startsAt - leadMs, until: endsAt, units, use },
        reason: `maintenance ${name} (${kind})`,
      }
  }

  view(ceiling: number): JobView {
    const { spec, window, ended, past } = this
    const { status, reason } = (ended ?? window)!
    return {
      ...{ spec, status, reason },
      units: unitsOf(spec.capacity, ceiling),
      window: window && viewOf(window),
      past,
    }
  }

  kept(): KeptJob {
    const { spec, isDeclared, window, ended, past, latest } = this
    return { spec, isDeclared, made: this.#made, window, ended, past, latest }
  }
}
