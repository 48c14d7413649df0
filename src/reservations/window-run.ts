/**
 * A window under way: wave after wave its devices are drained, the operation is begun, and what is reported of it is taken
 * down, until all is done, too much has failed, somebody calls it off or its time is over.
 */
import type { Device } from '../core/device.ts'
import { MillraceError } from '../core/errors.ts'
import type { DeviceSelector } from './device-selector.ts'
import type {
  Execution,
  ExecutionStatus,
  MaintenanceChange,
  MaintenanceSpec,
  MaintenanceWindow,
} from './maintenance.ts'
import type { HookAnswer, ReservationPorts } from './ports.ts'
import { isEnded, isToBeAborted, waveSize } from './rollout.ts'

export interface WindowRunParts {
  readonly spec: MaintenanceSpec
  readonly selector: DeviceSelector
  readonly window: MaintenanceWindow
  readonly ports: ReservationPorts
  readonly tell: (change: MaintenanceChange, reason: string) => void
  /** It has ended; the window says how. */
  readonly ended: () => void
}

/** What whoever does the work says of it. */
export interface Report {
  /** Not given: of all that are under way. */
  readonly device?: string | undefined
  readonly status: Extract<ExecutionStatus, 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'REJECTED'>
  /** Percent. */
  readonly progress?: number | undefined
  readonly message?: string | undefined
}

/** Why a hook's signal is aborted when only this process ends. */
export const CLOSING = 'closing'
const STOPPED = 'the engine ended while it was under way'

export class WindowRun {
  readonly #parts: WindowRunParts
  readonly #window: MaintenanceWindow
  /** Of the wave that is under way. */
  #stop = new AbortController()
  #isAbandoned = false
  /** Devices of which it has been seen to that their alerts are held. */
  readonly #held = new Set<string>()

  constructor(parts: WindowRunParts) {
    this.#parts = parts
    this.#window = parts.window
  }

  /** The next time at which something is to be done without a report. */
  get dueAt(): number {
    const { phase, phaseUntil, endsAt } = this.#window
    return phase === 'pausing' || (phase === 'working' && phaseUntil > 0)
      ? Math.min(phaseUntil, endsAt)
      : endsAt
  }

  /** With these devices; [''] = the operation as a whole. */
  begin(devices: readonly string[]): void {
    const { ports, spec, selector, tell } = this.#parts
    const window = this.#window
    window.status = 'IN_PROGRESS'
    window.executions = devices.map(queued)
    if (spec.holdAlerts && !selector.isEmpty) {
      const all = window.only === null ? selector : null
      window.holds = ports.alerts.hold(all, devices, window.endsAt, this.#holdReason)
    }
    tell('started', '')
    if (devices.length === 0) this.#end('COMPLETED', false, 'no device matches')
    else this.#beginWave()
  }

  /** The device came, or came to be meant, when the window had begun: it isn't worked on, but what comes of it is held. */
  appeared(device: Device): void {
    const { ports, spec, selector } = this.#parts
    const window = this.#window
    if (!spec.holdAlerts || window.only !== null || !selector.test(device)) return
    if (ports.alerts.coversNew?.(selector) !== false || this.#held.has(device.name)) return
    this.#held.add(device.name)
    if (window.executions.some(({ device: name }) => name === device.name)) return
    const holds = ports.alerts.hold(null, [device.name], window.endsAt, this.#holdReason)
    window.holds = [...window.holds, ...holds]
    ports.changed()
  }

  /** After a restart: what can't have survived it has failed, the rest goes on. */
  resume(): void {
    const { ports, spec } = this.#parts
    const { phase } = this.#window
    if (phase === 'draining') this.#drain()
    else if (phase === 'working' && spec.hook !== '' && !ports.hooks.outlives(spec.hook))
      this.#settleAll('FAILED', STOPPED)
  }

  advance(): void {
    const now = this.#now
    const { phase, phaseUntil, endsAt } = this.#window
    if (now >= endsAt) return this.#overrun()
    if (now < this.dueAt || phaseUntil === 0) return
    if (phase === 'pausing') return this.#beginWave()
    this.#stop.abort()
    this.#settleAll('TIMED_OUT', `not done within ${this.#parts.spec.timeoutMs} ms`)
  }

  get #holdReason(): string {
    const { name, kind } = this.#parts.spec
    return `maintenance ${name} (${kind})`
  }

  /** Throws conflict where nothing of the kind is under way. */
  report({ device, status, progress, message = '' }: Report): void {
    const underWay = this.#window.executions.filter((one) => one.status === 'IN_PROGRESS')
    const meant = device === undefined ? underWay : underWay.filter((one) => one.device === device)
    if (meant.length === 0) {
      const what = device === undefined ? 'nothing' : `no execution of ${JSON.stringify(device)}`
      throw new MillraceError('conflict', `${this.#parts.spec.name}: ${what} is under way`)
    }
    for (const one of meant) {
      one.progress = status === 'SUCCEEDED' ? 100 : (progress ?? one.progress)
      one.message = message
    }
    if (status === 'IN_PROGRESS') this.#parts.tell('progress', message)
    else this.#settle(meant, status, message)
  }

  cancel(reason: string): void {
    this.#end('CANCELED', false, reason)
  }

  /** Ends what it has begun without a word: the process ends. */
  abandon(): void {
    this.#isAbandoned = true
    this.#stop.abort(CLOSING)
  }

  get #now(): number {
    return this.#parts.ports.clock.epochMs()
  }

  get #queued(): Execution[] {
    return this.#window.executions.filter(({ status }) => status === 'QUEUED')
  }

  #beginWave(): void {
    const { spec, ports } = this.#parts
    const window = this.#window
    window.wave++
    for (const one of this.#queued)
      if (one.device !== '' && !ports.devices.has(one.device))
        this.#close(one, 'REMOVED', 'not registered any more')
    const size = waveSize(spec.rollout, window.executions.length, window.wave)
    for (const one of this.#queued.slice(0, size)) one.wave = window.wave
    this.#drain()
  }

  /** Its devices' readings are taken as ever: draining is only waiting until those from before are through. */
  #drain(): void {
    const { spec, ports, tell } = this.#parts
    const { wave } = this.#window
    const devices = this.#namesOf(wave)
    if (spec.drainMs === 0 || devices.length === 0) return this.#work()
    this.#enter('draining', 0)
    const goOn = (isDrained: boolean): void => {
      if (this.#window.phase !== 'draining' || this.#window.wave !== wave || this.#isAbandoned) return
      if (!isDrained) tell('not-drained', `readings were still in flight after ${spec.drainMs} ms`)
      this.#work()
    }
    ports.drain(devices, spec.drainMs).then(goOn, (error: unknown) => {
      ports.failed(error)
      goOn(false)
    })
  }

  #work(): void {
    const { spec, ports, tell } = this.#parts
    const window = this.#window
    const now = this.#now
    const devices = this.#namesOf(window.wave)
    const meant = this.#queued.filter(({ wave }) => wave === window.wave)
    if (meant.length === 0) return this.#goOn()
    for (const one of meant) Object.assign(one, { status: 'IN_PROGRESS', startedAt: now })
    window.token = ports.newToken()
    this.#enter('working', spec.timeoutMs === 0 ? 0 : now + spec.timeoutMs)
    tell('wave', `wave ${window.wave}: ${devices.length} devices`)
    if (spec.hook === '') return
    const { name: job, kind, hook } = spec
    const { id, attempt, wave, token, endsAt } = window
    const call = { hook, job, kind, window: id, attempt, wave, devices, token, endsAt }
    this.#stop = new AbortController()
    void ports.hooks.start(call, this.#stop.signal).then((answer) => this.#answered(wave, answer))
  }

  #answered(wave: number, { status, message }: HookAnswer): void {
    const meant = this.#window.executions.filter((one) => one.wave === wave && one.status === 'IN_PROGRESS')
    if (meant.length > 0 && status !== 'IN_PROGRESS' && !this.#isAbandoned)
      this.#settle(meant, status, message)
  }

  #settleAll(status: ExecutionStatus, message: string): void {
    const underWay = this.#window.executions.filter((one) => one.status === 'IN_PROGRESS')
    this.#settle(underWay, status, message)
  }

  #settle(meant: readonly Execution[], status: ExecutionStatus, message: string): void {
    for (const one of meant) this.#close(one, status, message)
    this.#parts.tell('progress', message)
    this.#goOn()
  }

  #close(one: Execution, status: ExecutionStatus, message: string): void {
    Object.assign(one, { status, endedAt: this.#now, message })
  }

  /** What comes after something has ended. */
  #goOn(): void {
    const { spec } = this.#parts
    const window = this.#window
    if (isToBeAborted(spec.abort, window.executions))
      return this.#end('CANCELED', true, 'aborted: too much has failed')
    if (window.executions.some(({ status }) => status === 'IN_PROGRESS')) return
    if (this.#queued.length > 0) {
      if (spec.rollout.pauseMs === 0) return this.#beginWave()
      return this.#enter('pausing', this.#now + spec.rollout.pauseMs)
    }
    const failed = unfinishedOf(window).length
    if (failed === 0) this.#end('COMPLETED', false, 'done')
    else this.#end('COMPLETED', true, `${failed} of ${window.executions.length} were not done`)
  }

  #overrun(): void {
    const { unreported } = this.#parts.spec
    this.#interrupt()
    for (const one of this.#window.executions)
      if (one.status === 'IN_PROGRESS')
        this.#close(one, unreported, 'nothing was heard until the window ended')
    const left = unfinishedOf(this.#window).length
    if (left === 0) this.#end('COMPLETED', false, 'its time is over')
    else this.#end('CANCELED', true, `its time is over, and ${left} were not done`)
  }

  #end(status: 'COMPLETED' | 'CANCELED', isFailed: boolean, reason: string): void {
    const window = this.#window
    this.#interrupt()
    for (const one of window.executions) if (!isEnded(one.status)) this.#close(one, 'CANCELED', reason)
    this.#parts.ports.alerts.release(window.holds)
    Object.assign(window, {
      status,
      isFailed,
      reason,
      token: '',
      holds: [],
      endsAt: Math.min(window.endsAt, this.#now),
    })
    this.#enter('over', 0)
    this.#parts.ended()
  }

  /** Tells the hook to stop, where it has something to stop. */
  #interrupt(): void {
    if (this.#window.executions.some(({ status }) => status === 'IN_PROGRESS')) this.#stop.abort()
  }

  #enter(phase: MaintenanceWindow['phase'], until: number): void {
    this.#window.phase = phase
    this.#window.phaseUntil = until
    this.#parts.ports.changed()
  }

  #namesOf(wave: number): string[] {
    return this.#queued.filter((one) => one.wave === wave && one.device !== '').map(({ device }) => device)
  }
}

/** Devices that another attempt has to do. */
export const unfinishedOf = ({ executions }: MaintenanceWindow): string[] =>
  executions
    .filter(({ status }) => status !== 'SUCCEEDED' && status !== 'REMOVED')
    .map(({ device }) => device)

const queued = (device: string): Execution => {
  return { device, status: 'QUEUED', wave: 0, startedAt: null, endedAt: null, progress: 0, message: '' }
}
