import type { AlertBook } from '../alerts/alert-book.ts'
import type { Clock } from '../core/clock.ts'
import type {
  DeadLetterStats,
  DurabilityStats,
  PipelineStats,
  ReceiverStats,
  SinkStats,
  Stats,
} from '../core/stats.ts'
import { type Tier, TIERS } from '../core/tiers.ts'
import { Census } from '../memory/agents/census.ts'
import { placeOf } from '../memory/memory-plan.ts'
import type { LatencyBook } from '../observability/latency.ts'
import type { DeviceRegistry } from '../devices/registry/device-registry.ts'
import type { Config } from './config/config.ts'
import { CounterReader } from './counter-reader.ts'
import type { Foundation } from './foundation.ts'
import { LatencyCollector } from './latency-collector.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface StatsDeskParts {
  readonly foundation: Foundation
  readonly config: Config
  readonly clock: Clock
  readonly latency: LatencyBook
  readonly alerts: AlertBook
  readonly registry: DeviceRegistry
  readonly pool: WorkerPool
  readonly scaling: { stats(): Stats['scaling'] }
  readonly durability: { stats(): DurabilityStats } | undefined
  readonly pipelines: { list(): readonly PipelineStats[] }
  readonly sinks: { stats(): readonly SinkStats[] }
  readonly incidents: { readonly stats: Stats['incidents'] }
  readonly escalation: { readonly stats: Stats['escalation'] }
  readonly deadLetters: { counts(): readonly DeadLetterStats[] }
  readonly notifications: { stats(): readonly ReceiverStats[] }
}

/** Puts the engine's figures together. */
export class StatsDesk {
  readonly #parts: StatsDeskParts
  readonly #census: Census
  readonly #reader: CounterReader
  readonly #collector: LatencyCollector
  readonly #startMs: number

  constructor(parts: StatsDeskParts) {
    const { foundation, latency, clock } = parts
    const { memory, plan } = foundation
    this.#parts = parts
    this.#census = new Census(memory, plan.at.control, agentSlots(foundation))
    this.#reader = new CounterReader(foundation)
    this.#collector = new LatencyCollector(foundation, latency)
    this.#startMs = clock.nowMs()
  }

  stats(): Stats {
    const { latency, alerts, registry, pool, config, foundation, clock } = this.#parts
    this.collectLatencies()
    const counted = this.#census.take((isExact) => ({ ...this.#reader.read(), isExact }))
    const tiers = TIERS.map((tier, index) => {
      return [tier, { ...counted.tiers[index], latencyMs: latency.of(tier, 'processed').window() }] as const
    })
    const { open, raised } = alerts.counts
    const { min, max } = config.pool
    return {
      account: counted.account,
      tiers: Object.fromEntries(tiers) as Record<Tier, Stats['tiers'][Tier]>,
      routedMs: latency.allTiers('routed'),
      refusedByReason: counted.refusedByReason,
      malformedByCause: counted.malformedByCause,
      alerts: { open, raised, standings: alerts.standings },
      anomalies: { detected: counted.anomalies, latencyMs: latency.anomaly.window() },
      pool: { size: pool.size, busy: pool.busy, min, max, threads: pool.threads, replaced: pool.replaced },
      scaling: this.#parts.scaling.stats(),
      series: counted.series,
      devices: registry.size,
      connections: counted.connections,
      memory: { sharedBytes: foundation.plan.totalBytes, rssBytes: process.memoryUsage.rss() },
      incidents: this.#parts.incidents.stats,
      escalation: this.#parts.escalation.stats,
      durability: this.#parts.durability?.stats() ?? null,
      pipelines: this.#parts.pipelines.list(),
      sinks: this.#parts.sinks.stats(),
      deadLetters: this.#parts.deadLetters.counts(),
      notifications: this.#parts.notifications.stats(),
      uptimeSeconds: (clock.nowMs() - this.#startMs) / 1000,
      isExact: counted.isExact,
    }
  }

  collectLatencies(): void {
    this.#collector.collect()
  }

  /** Is everything that was accepted processed? */
  isDrained(): boolean {
    return this.#census.take((isExact) => isExact && this.#reader.isDrained())
  }
}

function agentSlots({ plan }: Foundation): number[] {
  const workers = Array.from({ length: plan.needs.workers }, (_, worker) => placeOf.workerAgent(plan, worker))
  const listeners = Array.from({ length: plan.needs.rings }, (_, ring) => placeOf.listenerAgent(plan, ring))
  return [placeOf.routerAgent(plan), ...workers, ...listeners]
}
