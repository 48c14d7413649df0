/**
 * Planned maintenance: what is wanted is admitted or refused with the nearest times that fit, its capacity is set apart,
 * and it is done when its time has come. Decides by clock and ports alone, so the simulator runs the same.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Device } from '../core/device.ts'
import { MillraceError } from '../core/errors.ts'
import type { CapacityHold, CapacityHolds } from '../core/scaling.ts'
import type { Misfit } from './admission.ts'
import { Job, type KeptJob } from './job.ts'
import type { Execution, ExecutionStatus, JobView, MaintenanceSpec } from './maintenance.ts'
import type { ReservationLimits, ReservationPorts } from './ports.ts'
import { nearestFits } from './slots.ts'
import { Timetable } from './timetable.ts'
import type { Report } from './window-run.ts'

/** Taken, or why not and when it would fit (milliseconds since the epoch, the nearest first). */
export type Admitted = { readonly ok: true; readonly job: JobView } | Refused

export interface Refused {
  readonly ok: false
  readonly cause: Misfit['cause']
  readonly reason: string
  readonly nearest: readonly number[]
}

export interface KeptReservations {
  readonly version: 1
  readonly jobs: readonly KeptJob[]
}

export interface CancelOptions {
  readonly reason: string
  /** Only the next window, or that under way; a job that recurs goes on with the one after. */
  readonly onlyNext?: boolean | undefined
}

/** Of a job that recurs so many windows are judged at once. */
const JUDGED = 60

export class ReservationBook implements CapacityHolds {
  readonly #ports: ReservationPorts
  readonly #limits: ReservationLimits
  readonly #table: Timetable

  constructor(ports: ReservationPorts, limits: ReservationLimits) {
    this.#ports = ports
    this.#limits = limits
    this.#table = new Timetable(ports, limits)
  }

  /** Time goes on from here; what has been restored is taken up again. */
  begin(): void {
    this.#table.begin()
  }

  close(): void {
    this.#table.close()
  }

  between(from: number, until: number): readonly CapacityHold[] {
    return this.#table.holds(from, until)
  }

  /** Whether something is being worked on now. */
  get isUnderWay(): boolean {
    return [...this.#table.jobs.values()].some(({ run }) => run !== undefined)
  }

  /** A device is new, or not what it was: windows under way that mean it hold its alerts, too. */
  appeared(device: Device): void {
    for (const { run } of this.#table.jobs.values()) run?.appeared(device)
  }

  /** How many devices the windows under way are about. */
  get devicesUnderWay(): number {
    const underWay = [...this.#table.jobs.values()].filter(({ run, selector }) => run && !selector.isEmpty)
    return underWay.reduce((sum, { executions }) => sum + executions.length, 0)
  }

  /** Those that have not ended by their next window, then the others, the latest first. */
  list(): JobView[] {
    const views = [...this.#table.jobs.values()].map((job) => job.view(this.#ports.outlook.ceiling)).reverse()
    return views.sort((a, b) => (a.window?.startsAt ?? Infinity) - (b.window?.startsAt ?? Infinity) || 0)
  }

  /** Throws not-found. */
  get(name: string): JobView {
    return this.#find(name).view(this.#ports.outlook.ceiling)
  }

  /** Of the window under way, or else of the one that ended last. Throws not-found. */
  executions(name: string, status?: ExecutionStatus): Execution[] {
    return this.#find(name)
      .executions.filter((one) => status === undefined || one.status === status)
      .map((one) => ({ ...one }))
  }

  /** Throws bad-request, conflict (the name is taken), limit-reached, not-found (what it refers to). */
  add(spec: MaintenanceSpec, isDeclared = false): Admitted {
    const { jobs } = this.#table
    const job = this.#jobOf(spec, isDeclared)
    const starts = this.#startsOf(job)
    const admission = this.#table.admissionOf(spec)
    const judge = (shiftMs: number) => {
      const verdicts = starts.map((at) => admission.judge(at + shiftMs))
      return verdicts.find(({ fits }) => !fits) ?? verdicts[0]
    }
    const verdict = judge(0)
    if (!verdict.fits) {
      const earliest = this.#table.now - starts[0]
      const nearest = nearestFits(judge, earliest, this.#limits.horizonMs).map((shift) => starts[0] + shift)
      return { ok: false, cause: verdict.cause, reason: verdict.reason, nearest }
    }
    job.plan(starts[0], { plannedAt: starts[0], attempt: 0, only: null })
    jobs.delete(spec.name)
    jobs.set(spec.name, job)
    this.#forgetOldest()
    this.#table.tell(job, 'scheduled', '')
    return { ok: true, job: this.get(spec.name) }
  }

  /**
   * Jobs of the configuration: new ones are added, changed ones replaced, those that are not there any more canceled.
   * Returns what was refused, in words.
   */
  declare(specs: readonly MaintenanceSpec[]): string[] {
    const names = new Set(specs.map(({ name }) => name))
    for (const { spec, isDeclared, ended } of this.#table.jobs.values())
      if (isDeclared && ended === null && !names.has(spec.name))
        this.cancel(spec.name, { reason: 'not in the configuration any more' })
    return specs.flatMap((spec) => this.#declare(spec))
  }

  /** Throws not-found, or conflict for one that has ended. */
  cancel(name: string, { reason, onlyNext = false }: CancelOptions): JobView {
    const { job, window } = this.#live(name)
    // whatever comes after is not planned
    if (!onlyNext) job.isLast = true
    this.#table.callOff(job, window, reason)
    return this.get(name)
  }

  /** Begins its next window now, if it fits. Throws not-found, or conflict when it is under way or has ended. */
  start(name: string): Admitted {
    const { job, window } = this.#live(name)
    if (job.run !== undefined) throw new MillraceError('conflict', `${name} is under way already`)
    const verdict = this.#table.beginNow(job, window)
    return verdict.fits
      ? { ok: true, job: this.get(name) }
      : { ok: false, cause: verdict.cause, reason: verdict.reason, nearest: [window.startsAt] }
  }

  /** Throws not-found, or conflict where nothing of the kind is under way. */
  report(name: string, report: Report): JobView {
    const { run } = this.#find(name)
    if (run === undefined) throw new MillraceError('conflict', `${name} is not under way`)
    run.report(report)
    return this.get(name)
  }

  /** As `report`, from whoever a hook has told the token. Throws not-found for one that is not in force any more. */
  reportByToken(token: string, report: Report): JobView {
    const job = [...this.#table.jobs.values()].find(({ window }) => window?.token === token && token !== '')
    if (job === undefined)
      throw new MillraceError('not-found', 'the token is of no operation that is under way')
    return this.report(job.spec.name, report)
  }

  kept(): KeptReservations {
    return { version: 1, jobs: [...this.#table.jobs.values()].map((job) => job.kept()) }
  }

  /** Before `begin`. */
  restore({ jobs }: KeptReservations): void {
    for (const kept of jobs) this.#table.jobs.set(kept.spec.name, Job.of(kept))
  }

  #find(name: string): Job {
    const job = this.#table.jobs.get(name)
    if (job !== undefined) return job
    throw new MillraceError('not-found', `there is no maintenance ${JSON.stringify(name)}`)
  }

  #live(name: string) {
    const job = this.#find(name)
    const { window } = job
    if (window === null) throw new MillraceError('conflict', `${name} has ended`)
    return { job, window }
  }

  #declare(spec: MaintenanceSpec): string[] {
    const there = this.#table.jobs.get(spec.name)
    if (there !== undefined && isDeepStrictEqual(there.spec, spec)) return []
    if (there?.run !== undefined) return [`${spec.name}: is under way, and goes on as it was`]
    try {
      if (there?.ended === null) this.cancel(spec.name, { reason: 'changed in the configuration' })
      const admitted = this.add(spec, true)
      return admitted.ok ? [] : [`${spec.name}: ${refusalWords(admitted)}`]
    } catch (error) {
      if (error instanceof MillraceError) return [`${spec.name}: ${error.message}`]
      throw error
    }
  }

  #jobOf(spec: MaintenanceSpec, isDeclared: boolean): Job {
    const { jobs } = this.#table
    const there = jobs.get(spec.name)
    if (there?.ended === null)
      throw new MillraceError('conflict', `there is a maintenance ${spec.name} already`)
    const live = [...jobs.values()].filter(({ ended }) => ended === null).length
    if (live >= this.#limits.jobs)
      throw new MillraceError('limit-reached', `${live} jobs have not ended; allowed: ${this.#limits.jobs}`)
    const job = new Job(spec, isDeclared)
    this.#checkReferences(spec)
    const count = job.matching(this.#ports.devices.all()).length
    if (count > this.#limits.devices)
      throw new MillraceError('limit-reached', `${count} devices match; allowed: ${this.#limits.devices}`)
    return job
  }

  #checkReferences({ name, hook, dependsOn }: MaintenanceSpec): void {
    const { names } = this.#ports.hooks
    if (hook !== '' && !names.includes(hook))
      throw new MillraceError(
        'bad-request',
        `hook: there is no ${JSON.stringify(hook)}; allowed: ${["''", ...names].join(', ')}`,
      )
    for (const other of dependsOn) {
      const job = this.#table.jobs.get(other)
      if (job === undefined || other === name || job.ended?.status === 'CANCELED')
        throw new MillraceError(
          'bad-request',
          `dependsOn: there is no maintenance ${JSON.stringify(other)} to come`,
        )
      if (this.#dependsOn(job, name))
        throw new MillraceError('bad-request', `dependsOn: ${other} depends on ${name} itself`)
    }
  }

  #dependsOn({ spec }: Job, name: string): boolean {
    const { jobs } = this.#table
    return spec.dependsOn.some((other) => {
      const job = jobs.get(other)
      return other === name || (job !== undefined && this.#dependsOn(job, name))
    })
  }

  /** Times of its windows as far ahead as is planned. */
  #startsOf({ spec, recurrence }: Job): number[] {
    const { now } = this.#table
    const starts: number[] = []
    let at = recurrence.from(now)
    while (at !== undefined && starts.length < JUDGED && at <= (starts[0] ?? at) + this.#limits.horizonMs) {
      const before = starts.at(-1)
      if (before !== undefined && at < before + spec.durationMs)
        throw new MillraceError('bad-request', 'durationMs: a window would not be over when the next begins')
      starts.push(at)
      at = recurrence.from(at + 1)
    }
    if (starts.length === 0) throw new MillraceError('bad-request', 'startsAt: its time has passed')
    return starts
  }

  /** As many that have ended are kept as may be there that have not. */
  #forgetOldest(): void {
    const { jobs } = this.#table
    const ended = [...jobs.values()].filter((job) => job.ended !== null)
    for (const { spec } of ended.slice(0, Math.max(0, ended.length - this.#limits.jobs)))
      jobs.delete(spec.name)
  }
}

export const refusalWords = ({ reason, nearest }: Refused): string =>
  nearest.length === 0
    ? `${reason}; no other time fits either`
    : `${reason}; would fit: ${nearest.map((at) => new Date(at).toISOString()).join(', ')}`
