import type { AlertBook } from '../../alerts/alert-book.ts'
import type { Clock } from '../../core/clock.ts'
import { isDoneWithin } from '../../core/patience.ts'
import type { PartRefusals } from '../../ingest/part-refusals.ts'
import type { Kernels } from '../../kernels/kernels.ts'
import type { RegistryStore } from '../../storage/registry/registry-store.ts'
import type { StreamShare } from '../pipelines/stream-snapshots.ts'
import type { EgressDesk } from '../egress-desk.ts'
import type { IncidentDesk } from '../incident-desk.ts'
import type { AlertLog } from './alert-log.ts'
import type { CheckpointThread } from './checkpoint-thread.ts'
import type { Externalizer } from './externalizer.ts'
import { encodeExtras, encodeRegistry, EXTRA_REGISTRY } from './kept.ts'
import type { Captured, CheckpointFigures, Extras } from './recipes.ts'

export interface CheckpointsParts {
  readonly thread: CheckpointThread
  readonly clock: Clock
  readonly everyMs: number
  readonly alerts: AlertBook
  readonly alertLog: AlertLog
  readonly incidents: Pick<IncidentDesk, 'begin' | 'kept'>
  readonly egress: EgressDesk
  readonly externalizer: Externalizer
  readonly registry: RegistryStore
  readonly partRefusals: PartRefusals
  readonly kernels: Kernels
  /** The pipelines that run now. */
  readonly streams: () => readonly StreamShare[]
  readonly onFailure: (error: unknown) => void
}

/** Alerts that have ended are written out with each checkpoint, while readings are taken in. */
const MOST_CLOSED = 500
const LOOK_MS = 5

/** Takes checkpoints from time to time, and one at the end. */
export class Checkpoints {
  readonly #parts: CheckpointsParts
  #cancel = (): void => undefined
  #running: Promise<void> | undefined
  #last: CheckpointFigures | undefined
  #failures = 0
  #isEnding = false
  /** Changes of the registry that the last checkpoint has, and the one that is being taken. */
  #registryKept: number | undefined
  #registrySent: number | undefined

  constructor(parts: CheckpointsParts) {
    this.#parts = parts
    this.#schedule()
  }

  get last(): CheckpointFigures | undefined {
    return this.#last
  }

  get failures(): number {
    return this.#failures
  }

  /** Takes a last one, when all that was accepted is processed; gives it up after `patienceMs`. */
  async end(patienceMs: number): Promise<void> {
    const { thread, clock } = this.#parts
    this.#isEnding = true
    thread.hurry()
    this.#cancel()
    if (await isDoneWithin(clock, patienceMs, this.#takeLast())) await thread.close()
    else await thread.terminate()
  }

  async #takeLast(): Promise<void> {
    await this.#running
    await this.#take()
  }

  #schedule(): void {
    const { clock, everyMs } = this.#parts
    if (this.#isEnding) return
    this.#cancel = clock.after(everyMs, () => {
      this.#running = this.#take().then(() => this.#schedule())
    })
  }

  async #take(): Promise<void> {
    const { thread, alerts, alertLog, onFailure } = this.#parts
    alertLog.begin(alerts.open())
    this.#parts.incidents.begin()
    try {
      this.#last = await thread.take(this.#parts.streams(), (captured) => this.#extras(captured))
      this.#registryKept = this.#registrySent
    } catch (error) {
      this.#failures++
      onFailure(error)
    }
  }

  async #extras({ tickets, reusable }: Captured): Promise<Extras> {
    const { alerts, alertLog, clock, kernels, registry, partRefusals } = this.#parts
    await this.#allTakenIn(tickets)
    await registry.flushed()
    const open = alertLog.end(tickets, (series) => kernels.shardOf(series))
    const incidents = this.#parts.incidents.kept(tickets, (series) => kernels.shardOf(series))
    const main = {
      incidents,
      ...{ alerts: alerts.asTheyStand(open), alertKeeping: alerts.keeping() },
      closedAlerts: alerts.recent(MOST_CLOSED, 'resolved'),
      registryPosition: registry.flushedPosition,
    }
    // of a large fleet the registry is most of what is not rows, and it seldom changes
    const isSame = reusable.includes(EXTRA_REGISTRY) && registry.position === this.#registryKept
    this.#registrySent = registry.position
    const extras = encodeExtras(main, partRefusals)
    if (isSame) return { extras, reused: [EXTRA_REGISTRY] }
    const rest = (): Promise<void> => new Promise((resolve) => clock.after(0, resolve))
    return { extras: { ...extras, ...(await encodeRegistry(registry, rest)) }, reused: [] }
  }

  /** Every message below the tickets has been taken in, and what it says has been done. */
  async #allTakenIn(tickets: readonly number[]): Promise<void> {
    const { egress, clock, externalizer } = this.#parts
    const isIn = (): boolean => tickets.every((ticket) => ((egress.nextTicket - ticket) | 0) >= 0)
    while (!isIn()) {
      await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
      egress.drain()
    }
    await new Promise<void>((resolve) => externalizer.whenSafe(resolve))
  }
}
