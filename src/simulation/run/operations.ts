/**
 * Planned operations: asked for from the engine's own reservation book, begun by its hooks, worked on in virtual time.
 * Who is refused takes the nearest time that fits, as a person would.
 */
import { setImmediate } from 'node:timers'
import type { Clock } from '../../core/clock.ts'
import type { CapacityOutlook } from '../../core/scaling.ts'
import type { MaintenanceEvent } from '../../reservations/maintenance.ts'
import type { HookAnswer, HookCall } from '../../reservations/ports.ts'
import { ReservationBook } from '../../reservations/reservation-book.ts'
import { chanceOf } from '../chance.ts'
import type { MaintenanceOptions } from '../scenario/world-options.ts'
import type { OperationOutcome } from '../words.ts'
import { HOOK, PlannedOperation } from './planned-operation.ts'

const SOURCE = 14
const LIMITS = { jobs: 1000, devices: 1000, past: 100, horizonMs: 7 * 86_400_000 }

/** What came of an operation, and how often it was done. */
export interface OperationResult {
  readonly outcome: OperationOutcome
  readonly times: number
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
  readonly #planned: readonly PlannedOperation[]

  constructor(parts: OperationParts) {
    const { operations, seed, clock } = parts
    this.#parts = parts
    this.#planned = operations.map((given, index) => new PlannedOperation(given, seed, index))
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

  results(): Map<string, OperationResult> {
    return new Map(this.#planned.map(({ given, outcome, times }) => [given.name, { outcome, times }]))
  }

  #ask(planned: PlannedOperation): void {
    // what it depends on was refused, and so it is
    planned.isRefused = planned.given.after.some((name) => this.#find(name).isRefused)
    if (planned.isRefused) return
    const answer = this.book.add(planned.specAt(this.#parts.startMs + planned.at))
    if (answer.ok) return
    const [nearest] = answer.nearest
    planned.isMovedAsAWhole = true
    planned.isRefused = nearest === undefined || !this.book.add(planned.specAt(nearest)).ok
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
    const tookMs = planned.takesMs(attempt)
    planned.isWorking = true
    await new Promise<void>((resolve) => {
      const end = this.#parts.clock.after(tookMs, resolve)
      signal.addEventListener('abort', () => {
        end()
        resolve()
      })
    })
    planned.isWorking = false
    return planned.isToFail(attempt)
      ? { status: 'FAILED', message: 'the operation failed' }
      : { status: 'SUCCEEDED', message: '' }
  }

  #told(event: MaintenanceEvent): void {
    this.events.push(event)
    this.#find(event.job).told(event)
  }

  #find(name: string): PlannedOperation {
    return this.#planned.find(({ given }) => given.name === name) as PlannedOperation
  }
}
