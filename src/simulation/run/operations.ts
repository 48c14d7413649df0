/**
 * Planned operations: asked for from the engine's own reservation book, begun by its hooks, worked on in virtual time.
 * Who is refused takes the nearest time that fits, as a person would.
 */
import { setImmediate } from 'node:timers'
import type { Clock } from '../../core/clock.ts'
import type { CapacityOutlook } from '../../core/scaling.ts'
import type { MaintenanceEvent, MaintenanceSpec } from '../../reservations/maintenance.ts'
import type { HookAnswer, HookCall } from '../../reservations/ports.ts'
import { ReservationBook } from '../../reservations/reservation-book.ts'
import { chanceOf } from '../chance.ts'
import type { MaintenanceOptions } from '../scenario/world-options.ts'
import { draw } from '../traffic/shapes.ts'

const SOURCE = 14
const HOOK = 'simulated'
const LIMITS = { jobs: 1000, devices: 1000, past: 100, horizonMs: 7 * 86_400_000 }

export type OperationOutcome = 'succeeded' | 'rescheduled' | 'moved' | 'refused' | 'failed' | 'unfinished'

interface Planned {
  readonly given: MaintenanceOptions
  readonly at: number
  readonly lastsMs: number
  readonly overrunsMs: number
  attempts: number
  isMoved: boolean
  outcome: OperationOutcome
  /** Works now, in virtual time. */
  isWorking: boolean
}

export interface OperationParts {
  readonly clock: Clock
  readonly startMs: number
  readonly seed: number
  readonly operations: readonly MaintenanceOptions[]
  readonly outlook: CapacityOutlook
}

export class Operations {
  readonly book: ReservationBook
  readonly events: MaintenanceEvent[] = []
  readonly #parts: OperationParts
  readonly #planned: readonly Planned[]

  constructor(parts: OperationParts) {
    const { operations, seed, clock } = parts
    this.#parts = parts
    this.#planned = operations.map((given, index) => {
      const random = chanceOf(seed, SOURCE, index)
      return {
        ...{ given, at: draw(given.at, random), lastsMs: draw(given.for, random) },
        ...{ overrunsMs: draw(given.overruns, random), attempts: 0, isMoved: false },
        ...{ outcome: 'unfinished' as const, isWorking: false },
      }
    })
    this.book = new ReservationBook(this.#ports(), LIMITS)
    for (const planned of this.#planned) clock.after(planned.given.asked, () => this.#ask(planned))
  }

  begin(): void {
    this.book.begin()
  }

  /** Units that operations work on now; of those kept idle nothing is taken. */
  operatingUnits(ceiling: number): number {
    return this.#planned
      .filter(({ isWorking, given }) => isWorking && given.use === 'operation')
      .reduce((sum, { given }) => sum + given.capacity * ceiling, 0)
  }

  /** Whether there are none at all. */
  get isIdle(): boolean {
    return this.#planned.length === 0
  }

  /** Share of the devices that are silent now. */
  get silenced(): number {
    if (this.isIdle) return 0
    return this.#planned
      .filter(({ isWorking }) => isWorking)
      .reduce((most, { given }) => Math.max(most, given.silences), 0)
  }

  outcomes(): Map<string, OperationOutcome> {
    return new Map(this.#planned.map(({ given, outcome }) => [given.name, outcome]))
  }

  #ask(planned: Planned): void {
    const { startMs } = this.#parts
    const answer = this.book.add(specOf(planned, startMs + planned.at))
    if (answer.ok) return
    const [nearest] = answer.nearest
    planned.outcome = 'refused'
    if (nearest === undefined) return
    planned.isMoved = true
    planned.outcome = this.book.add(specOf(planned, nearest)).ok ? 'unfinished' : 'refused'
  }

  #ports() {
    const { clock, outlook, seed } = this.#parts
    let token = 0
    return {
      ...{ clock, outlook, random: chanceOf(seed, SOURCE, 1000) },
      devices: { all: () => [], has: () => false },
      hooks: {
        names: [HOOK],
        outlives: () => true,
        start: (call: HookCall, signal: AbortSignal) => this.#work(call, signal),
      },
      alerts: { hold: () => [], release: () => undefined },
      drain: () => Promise.resolve(true),
      newToken: () => String(++token),
      tell: (event: MaintenanceEvent) => this.#told(event),
      changed: () => undefined,
      failed: (error: unknown) => {
        // a fault of the simulator: nothing here can fail by itself
        setImmediate(() => {
          throw error
        })
      },
    }
  }

  async #work({ job, attempt }: HookCall, signal: AbortSignal): Promise<HookAnswer> {
    const planned = this.#find(job)
    const isToFail = attempt < planned.given.fails
    const { lastsMs } = planned
    const tookMs = isToFail ? lastsMs / 2 : attempt === 0 ? lastsMs + planned.overrunsMs : lastsMs
    planned.isWorking = true
    planned.attempts++
    await new Promise<void>((resolve) => {
      const end = this.#parts.clock.after(tookMs, resolve)
      signal.addEventListener('abort', () => {
        end()
        resolve()
      })
    })
    planned.isWorking = false
    return isToFail
      ? { status: 'FAILED', message: 'the operation failed' }
      : { status: 'SUCCEEDED', message: '' }
  }

  #told(event: MaintenanceEvent): void {
    this.events.push(event)
    const planned = this.#find(event.job)
    if (event.change === 'rescheduled' || event.change === 'shifted') planned.isMoved = true
    if (event.change === 'gave-up') planned.outcome = 'failed'
    if (event.change !== 'completed') return
    planned.outcome = planned.attempts > 1 ? 'rescheduled' : planned.isMoved ? 'moved' : 'succeeded'
  }

  #find(name: string): Planned {
    return this.#planned.find(({ given }) => given.name === name) as Planned
  }
}

function specOf({ given, lastsMs }: Planned, startsAt: number): MaintenanceSpec {
  return {
    ...{ name: given.name, kind: 'simulated', startsAt, timeZone: 'UTC', rrule: '' },
    durationMs: given.window ?? lastsMs * given.margin,
    ...{
      capacity: { share: given.capacity },
      use: given.use,
      leadMs: given.lead,
      devices: [],
      resources: [],
    },
    ...{ dependsOn: [], rollout: { wave: { share: 1 }, growth: 1, pauseMs: 0 }, abort: null, drainMs: 0 },
    ...{ hook: HOOK, timeoutMs: 0, unreported: 'TIMED_OUT', missed: 'late', holdAlerts: false },
    retry: { limit: given.retries, firstMs: given.pause, maxMs: 10 * given.pause },
  }
}
