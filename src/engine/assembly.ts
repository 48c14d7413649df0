import { AlertBook } from '../alerts/alert-book.ts'
import type { Clock } from '../core/clock.ts'
import { CONTROL_EGRESS_TICKET } from '../memory/layout/control.layout.ts'
import { placeOf } from '../memory/memory-plan.ts'
import { EgressWriter } from '../memory/rings/egress-ring.ts'
import { DeadLetters } from '../observability/dead-letters.ts'
import { LatencyBook } from '../observability/latency.ts'
import { Quarantine } from '../observability/quarantine.ts'
import { LanePipeline } from '../pipelines/lane-pipeline.ts'
import { loadPipeline, type PipelineModule } from '../pipelines/pipeline-module.ts'
import type { Config } from './config/config.ts'
import { Directory } from './directory.ts'
import { EgressDesk } from './egress-desk.ts'
import { EmbeddedIntake } from './embedding/embedded-intake.ts'
import { EventDesk } from './engine-events.ts'
import { type Foundation, layFoundation, openProducer } from './foundation.ts'
import { countersOf } from './listeners/listener.ts'
import { LostWork } from './lost-work.ts'
import { RouterThread } from './router-thread.ts'
import { EMBEDDING_RING } from './sizing.ts'
import { StatsDesk } from './stats-desk.ts'
import type { WorkerRecipe } from './threads/recipe.ts'
import { WorkerPool } from './worker-pool.ts'

/** Everything of an engine that runs without a port. */
export interface Assembly {
  readonly config: Config
  readonly clock: Clock
  readonly foundation: Foundation
  readonly events: EventDesk
  readonly directory: Directory
  readonly alerts: AlertBook
  readonly quarantine: Quarantine
  readonly deadLetters: DeadLetters
  readonly latency: LatencyBook
  readonly egress: EgressDesk
  readonly embedded: EmbeddedIntake
  readonly router: RouterThread
  readonly pool: WorkerPool
  readonly statsDesk: StatsDesk
}

/** Puts an engine together and starts its threads. */
export async function assemble(config: Config, clock: Clock): Promise<Assembly> {
  // loaded here too, so that what is wrong with it is said before anything is started
  const module = config.pipeline === null ? undefined : await loadPipeline(config.pipeline)
  const foundation = await layFoundation(config, module?.stateSize ?? 0)
  const events = new EventDesk()
  const directory = new Directory(config, foundation)
  const { limits } = config
  const deadLetters = new DeadLetters(clock, limits.deadLetters)
  const latency = await LatencyBook.open(clock)
  const alerts = openAlertBook(config, directory, events)
  const names = {
    metric: (id: number) => directory.metricName(id),
    region: (index: number) => directory.regions.names[index],
  }
  const describe = (series: bigint) => directory.describe(series)
  const anomalyLatency = latency.anomaly
  const onEmit = (message: Parameters<typeof events.tell<'emit'>>[1]) => events.tell('emit', message)
  const egress = new EgressDesk({
    foundation,
    names,
    alerts,
    deadLetters,
    anomalyLatency,
    clock,
    describe,
    onEmit,
  })
  const producer = openProducer(foundation, EMBEDDING_RING, () => foundation.doorbell.wantAnswers())
  const embedded = new EmbeddedIntake(
    producer,
    countersOf(foundation, EMBEDDING_RING),
    clock,
    limits.ringWaitMs,
  )
  const router = await RouterThread.start(foundation, (error) => events.tell('failure', error))
  const pool = openPool(
    config,
    clock,
    foundation,
    directory,
    events,
    lostWorkOf(foundation, names, module, egress),
  )
  await startPool(pool, config.pool.size, router)
  const { registry } = directory
  const statsDesk = new StatsDesk({ foundation, config, clock, latency, alerts, registry, pool })
  const quarantine = new Quarantine(clock, limits.quarantine)
  const state = { quarantine, deadLetters, latency, egress, embedded, router, pool, statsDesk }
  return { config, clock, foundation, events, directory, alerts, ...state }
}

/** An engine that cannot work leaves no thread behind. */
async function startPool(pool: WorkerPool, size: number, router: RouterThread): Promise<void> {
  try {
    await pool.resize(size)
  } catch (error) {
    await pool.close()
    await router.stop()
    throw error
  }
}

function openAlertBook(config: Config, directory: Directory, events: EventDesk): AlertBook {
  const alerts = new AlertBook({
    maxOpen: config.limits.openAlerts,
    history: config.limits.alertHistory,
    deviceName: (id) => directory.registry.nameOf(id),
    metricName: (id) => directory.dictionary.byId(id)?.name,
  })
  alerts.subscribe((alert, change) => events.tell('alert', alert, change))
  return alerts
}

/** The main thread speaks for a dead worker through that worker's own egress ring, which it reads first. */
function lostWorkOf(
  foundation: Foundation,
  names: { metric(id: number): string; region(index: number): string },
  module: PipelineModule | undefined,
  desk: EgressDesk,
): LostWork {
  const { memory, plan, doorbell } = foundation
  return new LostWork(foundation, (worker) => {
    desk.drainAfterDeath()
    const tickets = plan.at.control + CONTROL_EGRESS_TICKET
    const egress = new EgressWriter(memory, placeOf.egress(plan, worker), tickets)
    return new LanePipeline({ memory, plan, names, egress, doorbell, module })
  })
}

function openPool(
  config: Config,
  clock: Clock,
  foundation: Foundation,
  directory: Directory,
  events: EventDesk,
  lostWork: LostWork,
): WorkerPool {
  const { premium, standard, bulk } = config.tiers.shares
  const recipe: WorkerRecipe = {
    memory: foundation.memory.memory,
    kernels: foundation.module,
    plan: foundation.plan,
    pipeline: config.pipeline,
    regions: directory.regions.names,
    shares: [premium, standard, bulk],
  }
  const announcements = (): [number, string][] => [...directory.dictionary].map(({ id, name }) => [id, name])
  const onFailure = (error: unknown): void => events.tell('failure', error)
  const pool = new WorkerPool({
    foundation,
    recipe,
    clock,
    lostWork,
    options: config.pool,
    announcements,
    onFailure,
  })
  directory.dictionary.onChange(({ id, name }) => pool.announce([id, name]))
  return pool
}
