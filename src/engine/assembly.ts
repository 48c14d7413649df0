import { pathToFileURL } from 'node:url'
import { AlertBook } from '../alerts/alert-book.ts'
import { AlertDesk } from '../alerts/alert-desk.ts'
import { AlertNews } from '../alerts/alert-news.ts'
import { Begun } from '../core/begun.ts'
import type { Clock } from '../core/clock.ts'
import type { PartRefusals } from '../ingest/part-refusals.ts'
import { NOTE_TOLD } from '../memory/layout/ring.layout.ts'
import { placeOf } from '../memory/memory-plan.ts'
import { DeadLetters } from '../observability/dead-letters.ts'
import { LatencyBook } from '../observability/latency.ts'
import { Quarantine } from '../observability/quarantine.ts'
import { fileTexts } from '../enrichment/file-texts.ts'
import { loadPipeline, type PipelineModule } from '../pipelines/pipeline-module.ts'
import type { SinkDesk } from '../sinks/sink-desk.ts'
import type { Config } from './config/config.ts'
import { Directory } from './directory.ts'
import { DerivedReadings, refusedReading } from './pipelines/derived-readings.ts'
import { openPipelines } from './pipelines/open-pipelines.ts'
import type { PipelineDesk } from './pipelines/pipeline-desk.ts'
import type { EmitMessage } from '../pipelines/pipeline-context.ts'
import { AlertLog } from './durability/alert-log.ts'
import { AfterDurable, AT_ONCE, type Externalizer } from './durability/externalizer.ts'
import { Durability } from './durability/durability.ts'
import { type Kept, withKeptTokens } from './durability/kept.ts'
import { Notes } from './durability/notes.ts'
import { RegistryNotes } from './durability/registry-notes.ts'
import { EgressDesk } from './egress-desk.ts'
import { EmbeddedIntake } from './embedding/embedded-intake.ts'
import { ReadingPacker } from './embedding/reading-packer.ts'
import { EscalationDesk } from './escalation-desk.ts'
import { EventDesk } from './engine-events.ts'
import { type Foundation, layFoundation, openProducer } from './foundation.ts'
import { IncidentDesk } from './incident-desk.ts'
import { countersOf, refusalOf } from './listeners/listener.ts'
import { openSinks } from './open-sinks.ts'
import { MaintenanceDesk } from './maintenance-desk.ts'
import { NotificationsDesk } from './notifications-desk.ts'
import { openPartRefusals } from './part-refusals.ts'
import { ResultDesk } from './result-desk.ts'
import { RetryAdvice } from './retry-advice.ts'
import { ScalingDesk } from './scaling-desk.ts'
import { EngineGauge } from './scaling/engine-gauge.ts'
import { KeptScalingOfEngine } from './scaling/kept-scaling.ts'
import { noteAlert, openAlertBook } from './assembly/alert-book.ts'
import { openElastic } from './assembly/elastic.ts'
import { keepMetrics, openKeptOf } from './assembly/kept.ts'
import { lostWorkOf, openPool } from './assembly/workers.ts'
import { GoneAlerts } from './rules/gone-alerts.ts'
import { RulesDesk } from './rules/rules-desk.ts'
import { RouterThread } from './router-thread.ts'
import { EMBEDDING_RING } from './sizing.ts'
import { StatsDesk } from './stats-desk.ts'
import { WorkerPool } from './worker-pool.ts'

/** Everything of an engine that runs without a port. */
export interface Assembly {
  readonly config: Config
  readonly clock: Clock
  readonly foundation: Foundation
  readonly events: EventDesk
  readonly directory: Directory
  readonly alerts: AlertBook
  readonly alertNews: AlertNews
  readonly alertDesk: AlertDesk
  readonly alertLog: AlertLog
  readonly externalizer: Externalizer
  readonly incidents: IncidentDesk
  readonly escalation: EscalationDesk
  readonly quarantine: Quarantine
  readonly deadLetters: DeadLetters
  /** Of pipelines; none is open yet. */
  readonly sinks: SinkDesk
  readonly results: ResultDesk
  readonly notifications: NotificationsDesk
  readonly maintenance: MaintenanceDesk
  readonly packer: ReadingPacker
  readonly pipelines: PipelineDesk
  readonly rules: RulesDesk
  readonly latency: LatencyBook
  readonly egress: EgressDesk
  readonly embedded: EmbeddedIntake
  /** Of the frames of listeners on all threads. */
  readonly partRefusals: PartRefusals
  readonly router: RouterThread
  /** Not there where nothing outlives the process. */
  readonly durability: Durability | undefined
  readonly pool: WorkerPool
  readonly scaling: ScalingDesk
  readonly gauge: EngineGauge
  readonly keptScaling: KeptScalingOfEngine
  readonly statsDesk: StatsDesk
  readonly retryAdvice: RetryAdvice
}

/** Puts an engine together and starts its threads. */
export async function assemble(given: Config, clock: Clock): Promise<Assembly> {
  // loaded here too, so that what is wrong with it is said before anything is started
  const module = given.pipeline === null ? undefined : await loadPipeline(given.pipeline)
  const foundation = await layFoundation(given, module?.stateSize ?? 0)
  const events = new EventDesk()
  const kept = await openKeptOf(given, foundation, clock, events)
  const begun = new Begun()
  try {
    return await assembleOver(begun, kept, given, clock, foundation, events, module)
  } catch (error) {
    await begun.endAll()
    await kept?.registry.close()
    kept?.directory.close()
    throw error
  }
}

/** On what was kept from before, if anything was; whoever called lets that go, and ends what was begun, when this fails. */
async function assembleOver(
  begun: Begun,
  kept: Kept | undefined,
  given: Config,
  clock: Clock,
  foundation: Foundation,
  events: EventDesk,
  module: PipelineModule | undefined,
): Promise<Assembly> {
  const config = kept === undefined ? given : withKeptTokens(given, kept.registry)
  const directory = new Directory(config, foundation, kept?.registry.load())
  if (kept !== undefined) keepMetrics(kept.registry, directory)
  const { limits } = config
  const deadLetters = new DeadLetters(clock, limits.deadLetters)
  const latency = begun.add(await LatencyBook.open(clock), (book) => book.close())
  const producer = openProducer(foundation, EMBEDDING_RING, () => foundation.doorbell.wantAnswers())
  const embedded = new EmbeddedIntake(
    producer,
    countersOf(foundation, EMBEDDING_RING),
    clock,
    limits.ringWaitMs,
    refusalOf(foundation),
  )
  const notes = new Notes({
    ...{ memory: foundation.memory, clock, waitMs: limits.ringWaitMs },
    ...{ control: placeOf.ringControl(foundation.plan, EMBEDDING_RING) },
    ...{ producer, settle: () => embedded.settle(), giveUpClaim: () => embedded.giveUpClaim() },
  })
  const noteTold = (note: string): void => void notes.write(NOTE_TOLD, new TextEncoder().encode(note))
  const alerts = openAlertBook(
    config,
    directory,
    clock,
    kept === undefined ? undefined : noteAlert(notes, events),
    (device) => incidents.groupOf(device),
  )
  const alertDesk = new AlertDesk(alerts, clock)
  const alertNews = new AlertNews(
    alerts,
    kept === undefined ? () => undefined : noteTold,
    clock.epochMs().toString(36),
  )
  alertNews.subscribe((alert, change) => events.tell('alert', alert, change))
  const notifications = await NotificationsDesk.open({
    config,
    clock,
    alerts,
    alertNews,
    deadLetters,
    events,
  })
  begun.add(notifications, (desk) => desk.close(0))
  const names = {
    metric: (id: number) => directory.metricName(id),
    region: (index: number) => directory.regions.names[index],
  }
  const describe = (series: bigint) => directory.describe(series)
  const alertLog = new AlertLog()
  const { memory, plan } = foundation
  const isHeld = config.durability === 'journal' && config.externalize === 'after-durable'
  const externalizer = isHeld ? new AfterDurable(memory, plan) : AT_ONCE
  const onEmit = (message: EmitMessage): void => events.tell('emit', message)
  const onAnomaly = (receivedMs: number): void => latency.anomaly.record(clock.nowMs() - receivedMs, 1)
  const escalation = new EscalationDesk({
    ...{ config: config.escalation, clock, directory },
    tell: (news) => events.tell('escalation', news),
  })
  begun.add(escalation, (desk) => desk.close())
  const incidents: IncidentDesk = new IncidentDesk({
    ...{ config: config.incidents, clock, directory, alerts, alertLog, escalation },
    nextTicket: () => egress.nextTicket,
    tell: (incident, change) => events.tell('incident', incident, change),
  })
  begun.add(incidents, (desk) => desk.close())
  incidents.restore(kept?.incidents)
  const egress: EgressDesk = new EgressDesk({
    ...{ foundation, names, alerts, alertLog, externalizer, deadLetters, clock },
    ...{ describe, onAnomaly, onEmit },
    noted: (event, ticket) => incidents.noted(event, ticket),
    onStream: (message, ticket) => pipelines.receive(message, ticket),
  })
  const router = await RouterThread.start(foundation, (error) => events.tell('failure', error))
  begun.add(router, (thread) => thread.stop())
  const pool = openPool(
    config,
    clock,
    foundation,
    directory,
    events,
    lostWorkOf(foundation, names, module, egress, (...dead) => pipelines.workerDied(...dead)),
  )
  const results = new ResultDesk()
  const sinks = openSinks({ dataDir: config.dataDir, clock, directory, results, deadLetters })
  begun.add(sinks, (desk) => desk.close(0))
  const packer = new ReadingPacker(memory, embedded, directory, maxReadingsOf(config))
  const derived = new DerivedReadings({
    ingest: async (readings) => {
      await durability?.ready
      return packer.ingest(readings)
    },
    onRefused: (pipeline, reading, reason) => deadLetters.addItem(pipeline, refusedReading(reading, reason)),
  })
  const pipelines: PipelineDesk = openPipelines({
    ...{ config, clock, directory, events, alerts, alertLog, deadLetters, sinks, derived, pool },
    ...{ foundation, kept: kept?.streams ?? [], drain: () => egress.drain() },
    onForgotten: (pipeline) => goneAlerts.pipelineForgotten(pipeline),
  })
  begun.add(pipelines, (desk) => desk.close())
  const goneAlerts = new GoneAlerts(alerts, pipelines)
  const rules = new RulesDesk({
    ...{ files: fileTexts, clock },
    start: (url, file) => pipelines.start(url, pathToFileURL(file).href),
    remove: (name) => pipelines.remove(name),
    endAlertsOf: (rule) => goneAlerts.ruleRemoved(rule),
    onWarning: (message) => events.tell('warning', message),
  })
  begun.add(rules, (desk) => desk.close())
  begun.add(pool, (threads) => threads.close(config.shutdownTimeoutMs))
  const elastic = await openElastic(begun, {
    ...{ config, clock, foundation, directory, events, alerts, alertDesk, alertLog, egress, pool, pipelines },
    isUnready: () => durability !== undefined && durability.unready !== '',
  })
  // pipelines are there before the first entry is worked
  for (const url of config.pipelines) await pipelines.start(url)
  await rules.start(config.alertRules)
  await pool.resize(config.pool.size)
  const { registry } = directory
  const partRefusals = openPartRefusals(foundation, kept?.partRefusals ?? [])
  const durability: Durability | undefined =
    kept &&
    new Durability({
      ...{ config, foundation, kept, clock, directory, alerts, alertNews, alertLog, egress, externalizer },
      ...{ events, producer, partRefusals, pipelines, incidents, goneAlerts },
      registryNotes: new RegistryNotes({
        ...{ directory, store: kept.registry, notes, clock },
        onFailure: (error) => events.tell('failure', error),
      }),
    })
  const { scaling, maintenance } = elastic
  const statsDesk = new StatsDesk({
    ...{ foundation, config, clock, latency, alerts, registry, pool, durability, sinks, deadLetters },
    ...{ pipelines, notifications, incidents, escalation, scaling },
  })
  whenReady(durability, () => {
    scaling.begin()
    notifications.begin()
    // when whoever makes the engine has had time to listen
    clock.after(0, () => maintenance.begin())
  })
  const quarantine = new Quarantine(clock, limits.quarantine)
  const retryAdvice = new RetryAdvice(foundation, clock)
  const state = {
    alertDesk,
    retryAdvice,
    durability,
    partRefusals,
    incidents,
    escalation,
    quarantine,
    deadLetters,
    sinks,
    results,
    notifications,
    packer,
    pipelines,
    rules,
    latency,
    egress,
    embedded,
    router,
    pool,
    ...elastic,
    statsDesk,
  }
  return { config, clock, foundation, events, directory, alerts, alertNews, alertLog, externalizer, ...state }
}

/** At once, or when what was before the last end has been taken in again. */
function whenReady(durability: Durability | undefined, begin: () => void): void {
  if (durability === undefined) begin()
  else void durability.ready.then(begin).catch(() => undefined)
}

/** Of a frame: a ring takes one and the frame's head. */
const maxReadingsOf = ({ limits }: Config): number => Math.floor(limits.frameBytes / 32) - 1
