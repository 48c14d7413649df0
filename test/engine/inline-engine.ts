import { lifeCycleOf } from '../../src/engine/alert-options.ts'
import { AlertBook } from '../../src/alerts/alert-book.ts'
import type { Clock } from '../../src/core/clock.ts'
import { Directory } from '../../src/engine/directory.ts'
import { AlertLog } from '../../src/engine/durability/alert-log.ts'
import { AT_ONCE } from '../../src/engine/durability/externalizer.ts'
import { EgressDesk } from '../../src/engine/egress-desk.ts'
import { EmbeddedIntake } from '../../src/engine/embedding/embedded-intake.ts'
import { ReadingWriter } from '../../src/engine/embedding/reading-writer.ts'
import { parseConfig } from '../../src/engine/config/parse.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import { type Foundation, layFoundation, openProducer } from '../../src/engine/foundation.ts'
import { countersOf } from '../../src/engine/listeners/listener.ts'
import { LostWork } from '../../src/engine/lost-work.ts'
import { EMBEDDING_RING } from '../../src/engine/sizing.ts'
import { AgentGate } from '../../src/memory/agents/agent-gate.ts'
import { CONTROL_EGRESS_TICKET } from '../../src/memory/layout/control.layout.ts'
import { Economies } from '../../src/memory/economies.ts'
import { placeOf } from '../../src/memory/memory-plan.ts'
import { EgressWriter } from '../../src/memory/rings/egress-ring.ts'
import { DeadLetters } from '../../src/observability/dead-letters.ts'
import { LatencyBook } from '../../src/observability/latency.ts'
import type { EmitMessage } from '../../src/pipelines/pipeline-context.ts'
import type { PipelineModule } from '../../src/pipelines/pipeline-module.ts'
import type { LaneStreams } from '../../src/pipelines/lane-streams.ts'
import type { StreamMessage } from '../../src/pipelines/stream-messages.ts'
import { LanePipeline } from '../../src/pipelines/lane-pipeline.ts'
import { RouterAgent } from '../../src/routing/router-agent.ts'
import { LaneDoor } from '../../src/scheduling/lane-door.ts'
import { WorkerAgent } from '../../src/scheduling/worker-agent.ts'

/** Time that stands still until it is moved. */
export class StillClock implements Clock {
  ms = 1000
  epochOffsetMs = 1_767_225_600_000

  nowMs(): number {
    return this.ms
  }

  epochMs(): number {
    return this.ms + this.epochOffsetMs
  }

  every(): () => void {
    throw new Error('nothing here is periodic')
  }

  after(): () => void {
    throw new Error('nothing here happens later')
  }
}

export interface SentReading {
  readonly device: string
  readonly value: number
  readonly metric?: string
  readonly time?: number
  readonly lat?: number
  readonly lon?: number
}

/** Opens the pipelines of a worker. */
export type OpenStreams = (engine: InlineEngine, worker: number) => LaneStreams

interface Worker {
  readonly agent: WorkerAgent
  readonly gate: AgentGate
  readonly door: LaneDoor
}

const SMALL_LIMITS = {
  series: 1000,
  devices: 1000,
  ringBytes: 1 << 20,
  frameBytes: 1 << 18,
  backlogBytes: 1 << 23,
}

/** Router, workers and what they work on, as in an engine, but on this thread and on a clock that stands still. */
export class InlineEngine {
  readonly clock: StillClock
  readonly economies: Economies
  readonly foundation: Foundation
  readonly directory: Directory
  readonly alerts: AlertBook
  readonly deadLetters: DeadLetters
  readonly embedded: EmbeddedIntake
  readonly router: RouterAgent
  readonly workers: readonly Worker[]
  readonly lostWork: LostWork
  readonly emitted: EmitMessage[] = []
  readonly said: StreamMessage[] = []
  readonly #writer: ReadingWriter
  readonly #egress: EgressDesk

  static async open(
    module?: PipelineModule,
    config: ConfigInput = {},
    streams?: OpenStreams,
  ): Promise<InlineEngine> {
    const clock = new StillClock()
    const input = { pool: { max: 2 }, ...config, limits: { ...SMALL_LIMITS, ...config.limits } }
    const parsed = parseConfig(input).config
    const foundation = await layFoundation(parsed, module?.stateSize ?? 0)
    const latency = await LatencyBook.open(clock)
    return new InlineEngine(module, parsed, foundation, clock, latency, streams)
  }

  private constructor(
    module: PipelineModule | undefined,
    config: ReturnType<typeof parseConfig>['config'],
    foundation: Foundation,
    clock: StillClock,
    latency: LatencyBook,
    openStreams: OpenStreams | undefined,
  ) {
    const { memory, plan, kernels, signals, doorbell } = foundation
    const { control } = plan.at
    const directory = new Directory(config, foundation)
    const names = {
      metric: (id: number) => directory.metricName(id),
      region: (index: number) => directory.regions.names[index],
    }
    this.clock = clock
    this.economies = new Economies(memory, plan.at.map)
    this.foundation = foundation
    this.directory = directory
    this.alerts = new AlertBook({
      clock,
      lifeCycle: lifeCycleOf(config.alerts),
      maxOpen: 100,
      history: 100,
      device: (id) => directory.registry.getById(id),
      metricName: (id) => directory.metricName(id),
    })
    this.deadLetters = new DeadLetters(clock, 100)
    this.#egress = new EgressDesk({
      ...{ foundation, names, alerts: this.alerts, deadLetters: this.deadLetters, clock },
      ...{ alertLog: new AlertLog(), externalizer: AT_ONCE },
      noted: () => () => undefined,
      onAnomaly: (receivedMs) => latency.anomaly.record(clock.nowMs() - receivedMs, 1),
      describe: (series) => directory.describe(series),
      onEmit: (message) => this.emitted.push(message),
      onStream: (message) => void this.said.push(message),
    })
    const producer = openProducer(foundation, EMBEDDING_RING, () => undefined)
    this.embedded = new EmbeddedIntake(producer, countersOf(foundation, EMBEDDING_RING), clock, 0)
    this.#writer = new ReadingWriter(memory, this.embedded, 4096)
    const routerGate = new AgentGate(memory, control, placeOf.routerAgent(plan))
    this.router = new RouterAgent({ memory, plan, kernels, gate: routerGate, signals, doorbell, clock })
    const processorOf = (worker: number): LanePipeline => {
      const egress = new EgressWriter(memory, placeOf.egress(plan, worker), control + CONTROL_EGRESS_TICKET)
      const streams = openStreams?.(this, worker)
      return new LanePipeline({ memory, plan, names, egress, doorbell, module, streams })
    }
    const { premium, standard, bulk } = config.tiers.shares
    this.workers = Array.from({ length: plan.needs.workers }, (_, worker) => {
      const gate = new AgentGate(memory, control, placeOf.workerAgent(plan, worker))
      const door = new LaneDoor(memory, plan, kernels, gate, worker)
      const shares = [premium, standard, bulk]
      const parts = { door, gate, processor: processorOf(worker), economies: this.economies, clock, shares }
      return { gate, door, agent: new WorkerAgent(parts) }
    })
    const speakFor = (worker: number): LanePipeline => {
      this.#egress.drainAfterDeath()
      return processorOf(worker)
    }
    this.lostWork = new LostWork(foundation, speakFor, () => undefined)
  }

  /** Puts a frame into the ring. */
  send(readings: readonly SentReading[]): void {
    const room = this.#writer.claim(readings.length)
    if (room === undefined) throw new Error('the ring is full')
    readings.forEach(({ device, metric = 'value', value, time, lat, lon }, index) => {
      room.set(
        ...([index, this.directory.deviceId(device), this.directory.metricId(metric), value] as const),
        ...([time, lat, lon] as const),
      )
    })
    room.commit()
  }

  /** Routes all that was sent. */
  route(): void {
    while (this.router.doWork(4096) > 0);
    this.embedded.settle()
  }

  /** Lets a worker do one turn; returns the entries done. */
  turn(worker = 0): number {
    const done = this.workers[worker].agent.doWork()
    this.#egress.drain()
    return done
  }

  /** Lets a worker do all there is. */
  workOff(worker = 0): void {
    while (this.turn(worker) > 0);
  }

  /** The same with everything before it. */
  process(readings: readonly SentReading[]): void {
    this.send(readings)
    this.route()
    this.workOff()
  }
}
