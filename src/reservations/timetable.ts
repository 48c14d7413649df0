/**
 * What happens when: windows are prepared, begun, moved, done again and given up, those that depend on them moved with
 * them, and everybody told. Time goes on by `advance`, which a timer calls when something is due.
 */
import type { CapacityHold } from '../core/scaling.ts'
import { Admission, type Verdict } from './admission.ts'
import { retryPauseMs } from './backoff.ts'
import type { Job } from './job.ts'
import type { JobStatus, MaintenanceChange, MaintenanceSpec, MaintenanceWindow } from './maintenance.ts'
import type { ReservationLimits, ReservationPorts } from './ports.ts'
import { firstFit } from './slots.ts'
import { unfinishedOf, WindowRun } from './window-run.ts'
import { viewOf } from './window-view.ts'

/** A window that has not begun by then was missed. */
const LATE_MS = 60_000
/** The wall clock can be set; it is looked at as often. */
const LOOK_MS = 60_000

export class Timetable {
  readonly jobs = new Map<string, Job>()
  readonly #ports: ReservationPorts
  readonly #limits: ReservationLimits
  #cancel: (() => void) | undefined
  #isRunning = false

  constructor(ports: ReservationPorts, limits: ReservationLimits) {
    this.#limits = limits
    this.#ports = { ...ports, changed: () => this.changed() }
    this.#changed = () => ports.changed()
  }

  readonly #changed: () => void

  get now(): number {
    return this.#ports.clock.epochMs()
  }

  begin(): void {
    this.#isRunning = true
    for (const job of this.jobs.values()) {
      const { window } = job
      if (window?.status !== 'IN_PROGRESS') continue
      job.run = this.#runOf(job, window)
      job.run.resume()
    }
    this.advance()
  }

  close(): void {
    this.#isRunning = false
    this.#cancel?.()
    for (const { run } of this.jobs.values()) run?.abandon()
  }

  advance(): void {
    // what ends now ends before what begins now
    const underWay = [...this.jobs.values()].filter(({ run }) => run !== undefined)
    for (const job of new Set([...underWay, ...this.jobs.values()])) this.#advance(job)
    this.#arm()
  }

  changed(): void {
    this.#changed()
    this.#arm()
  }

  tell(job: Job, change: MaintenanceChange, reason: string): void {
    const { name, kind } = job.spec
    const window = job.window && viewOf(job.window)
    this.#ports.tell({ at: this.now, change, job: name, kind, window, reason })
    this.changed()
  }

  admissionOf(spec: MaintenanceSpec): Admission {
    const others = [...this.jobs.values()].filter((job) => job.spec.name !== spec.name && job.ended === null)
    const { outlook, devices } = this.#ports
    const awaited = others.filter((job) => spec.dependsOn.includes(job.spec.name) && !job.hasSucceeded)
    return new Admission(spec, {
      outlook,
      now: this.now,
      notBefore: Math.max(-Infinity, ...awaited.map(({ window }) => window!.endsAt)),
      rivals: others,
      devices: () => devices.all(),
      holds: (from, until) => this.holds(from, until, others),
    })
  }

  /** The earliest first. */
  holds(from: number, until: number, jobs: Iterable<Job> = this.jobs.values()): CapacityHold[] {
    const { ceiling } = this.#ports.outlook
    return [...jobs].flatMap((job) => [...job.holds(from, until, ceiling)]).sort((a, b) => a.from - b.from)
  }

  /** Begins it now, if it fits now. */
  beginNow(job: Job, window: MaintenanceWindow): Verdict {
    const verdict = this.admissionOf(job.spec).judge(this.now)
    if (!verdict.fits) return verdict
    Object.assign(window, { startsAt: this.now, endsAt: this.now + job.spec.durationMs, isPrepared: true })
    this.#begin(job, window)
    return verdict
  }

  /** Calls its window off. `reason` is a person's. */
  callOff(job: Job, window: MaintenanceWindow, reason: string): void {
    if (job.run !== undefined) return job.run.cancel(reason)
    Object.assign(window, { status: 'CANCELED', reason, phase: 'over' })
    this.tell(job, 'canceled', reason)
    job.file(window, this.#limits.past)
    this.#next(job, window, 'CANCELED', reason)
  }

  #advance(job: Job): void {
    const { window, run, spec } = job
    const now = this.now
    if (run !== undefined) return run.advance()
    if (window === null) return
    if (now - window.startsAt > LATE_MS) return this.#missed(job, window)
    if (!window.isPrepared && now >= window.startsAt - spec.leadMs && !this.#prepare(job, window)) return
    if (now >= window.startsAt) this.#begin(job, window)
  }

  /** Its capacity is held from now on; false if it could not be any more. */
  #prepare(job: Job, window: MaintenanceWindow): boolean {
    const verdict = this.admissionOf(job.spec).judge(window.startsAt)
    if (!verdict.fits) {
      this.#move(job, window, window.startsAt + verdict.laterMs, 'rescheduled', verdict.reason)
      return false
    }
    window.isPrepared = true
    this.tell(job, 'preparing', '')
    return true
  }

  #begin(job: Job, window: MaintenanceWindow): void {
    const devices = window.only ?? job.matching(this.#ports.devices.all())
    if (devices.length > this.#limits.devices)
      return this.#giveUp(job, window, `${devices.length} devices match; allowed: ${this.#limits.devices}`)
    job.run = this.#runOf(job, window)
    job.run.begin(devices)
  }

  #runOf(job: Job, window: MaintenanceWindow): WindowRun {
    return new WindowRun({
      ...{ spec: job.spec, selector: job.selector, window, ports: this.#ports },
      tell: (change, reason) => this.tell(job, change, reason),
      ended: () => this.#ended(job, window),
    })
  }

  #ended(job: Job, window: MaintenanceWindow): void {
    const { status, isFailed, reason } = window
    this.tell(job, isFailed ? 'failed' : status === 'COMPLETED' ? 'completed' : 'canceled', reason)
    job.file(window, this.#limits.past)
    if (isFailed) this.#retry(job, window)
    else this.#next(job, window, status, reason)
  }

  #retry(job: Job, window: MaintenanceWindow): void {
    const { retry } = job.spec
    if (window.attempt >= retry.limit)
      return this.#giveUp(job, window, `failed ${window.attempt + 1} times: ${window.reason}`)
    const from = this.now + retryPauseMs(retry, window.attempt, this.#ports.random)
    const at = this.#slot(job, from)
    if (at === undefined) return this.#giveUp(job, window, 'failed, and there is no slot to do it again')
    const { plannedAt, attempt, reason } = window
    job.plan(at, { plannedAt, attempt: attempt + 1, only: unfinishedOf(window) })
    this.tell(job, 'rescheduled', reason)
    this.#shiftDependants(job)
  }

  #missed(job: Job, window: MaintenanceWindow): void {
    const reason = `nothing ran at ${new Date(window.startsAt).toISOString()}`
    this.tell(job, 'missed', reason)
    const { missed, leadMs } = job.spec
    if (missed === 'skip') return this.callOff(job, window, reason)
    if (missed === 'reschedule') return this.#move(job, window, this.now + leadMs, 'rescheduled', reason)
    const verdict = this.beginNow(job, window)
    if (!verdict.fits)
      this.#move(job, window, this.now + verdict.laterMs, 'rescheduled', `${reason}; now: ${verdict.reason}`)
  }

  #move(
    job: Job,
    window: MaintenanceWindow,
    from: number,
    change: 'rescheduled' | 'shifted',
    reason: string,
  ): void {
    const at = this.#slot(job, from)
    if (at === undefined) return this.#giveUp(job, window, `${reason}, and there is no other slot`)
    Object.assign(window, { startsAt: at, endsAt: at + job.spec.durationMs, isPrepared: false, reason })
    this.tell(job, change, reason)
    this.#shiftDependants(job)
  }

  #slot(job: Job, from: number): number | undefined {
    const admission = this.admissionOf(job.spec)
    const shift = firstFit((shiftMs) => admission.judge(from + shiftMs), 0, this.#limits.horizonMs)
    return shift === undefined ? undefined : from + shift
  }

  /** What was to come after it waits for it. */
  #shiftDependants(job: Job): void {
    const { window } = job
    for (const { other, its } of this.#waiting(job))
      if (window !== null && its.startsAt >= window.plannedAt && its.startsAt < window.endsAt)
        this.#move(other, its, window.endsAt, 'shifted', `${job.spec.name}, on which it depends, was moved`)
  }

  #waiting({ spec }: Job): { other: Job; its: MaintenanceWindow }[] {
    return [...this.jobs.values()].flatMap((other) =>
      other.window?.status === 'SCHEDULED' && other.spec.dependsOn.includes(spec.name)
        ? [{ other, its: other.window }]
        : [],
    )
  }

  #giveUp(job: Job, window: MaintenanceWindow, reason: string): void {
    if (job.window !== null) {
      Object.assign(window, { status: 'CANCELED', isFailed: true, reason, phase: 'over' })
      job.file(window, this.#limits.past)
    }
    this.tell(job, 'gave-up', reason)
    for (const { other, its } of this.#waiting(job))
      if (its.startsAt >= window.plannedAt)
        this.callOff(other, its, `${job.spec.name}, on which it depends, was given up`)
    this.#next(job, window, 'CANCELED', reason)
  }

  /** On to the next time that its rule says, or the end. */
  #next(job: Job, { plannedAt }: MaintenanceWindow, status: JobStatus, reason: string): void {
    const at = job.isLast ? undefined : job.recurrence.from(Math.max(this.now, plannedAt + 1))
    if (at === undefined) job.ended = { status, reason }
    else job.plan(at, { plannedAt: at, attempt: 0, only: null })
    this.changed()
  }

  #arm(): void {
    this.#cancel?.()
    if (!this.#isRunning) return
    const dues = [...this.jobs.values()].map(dueAt)
    const waitMs = Math.min(LOOK_MS, Math.max(1, Math.min(...dues) - this.now))
    this.#cancel = this.#ports.clock.after(waitMs, () => this.advance())
  }
}

function dueAt({ run, window, spec }: Job): number {
  if (run !== undefined) return run.dueAt
  if (window === null) return Infinity
  return window.isPrepared ? window.startsAt : window.startsAt - spec.leadMs
}
