import type { DurabilityStats, LatencySummary, Stats, TierStats } from '../../src/core/stats.ts'

const latencyMs: LatencySummary = { p50: 1, p90: 2, p99: 3, p999: 4, max: 5 }
const tier = (accepted: number): TierStats => ({
  accepted,
  processed: accepted - 1,
  refused: 2,
  backlog: 1,
  latencyMs,
})

/** Figures that are all different enough to tell which went where. */
export const sampleStats: Stats = {
  account: {
    received: 1000,
    accepted: 900,
    refused: 60,
    malformed: 40,
    processed: 880,
    inFlight: 15,
    deadLettered: 5,
    forwarded: 0,
  },
  tiers: { critical: tier(100), premium: tier(200), standard: tier(300), bulk: tier(400) },
  routedMs: latencyMs,
  refusedByReason: { overload: 50, 'say "no"\\\n': 10 },
  malformedByCause: { 'not-json': 40 },
  alerts: {
    open: 3,
    raised: 17,
    standings: {
      pending: { low: 0, medium: 0, high: 0, critical: 0 },
      firing: { low: 0, medium: 0, high: 2, critical: 0 },
      acknowledged: { low: 0, medium: 0, high: 0, critical: 1 },
      suppressed: { low: 0, medium: 0, high: 0, critical: 0 },
    },
  },
  anomalies: { detected: 99, latencyMs },
  scaling: {
    ...{ enabled: false, pools: [], degradedRung: 0 },
    demand: [{ tier: 'premium', region: 'europe', perSecond: 12, total: 345.5 }],
  },
  pool: { size: 2, busy: 1, min: 1, max: 4, threads: 4, replaced: 6 },
  series: 12345,
  devices: 77,
  connections: 8,
  memory: { sharedBytes: 1 << 28, rssBytes: 1 << 29 },
  uptimeSeconds: 61.5,
  isExact: true,
  incidents: null,
  escalation: null,
  durability: null,
  pipelines: [],
  sinks: [],
  deadLetters: [],
  notifications: [],
}

/** The same for an engine that keeps a journal. */
export const sampleDurability: DurabilityStats = {
  storage: { status: 'slow', refusedTiers: 2, cause: 'room', message: 'room for 2.5 segments is left' },
  journal: {
    durableSequence: 4711,
    records: 321,
    bytes: 654_321,
    commits: 123,
    commitMs: 2500,
    longestCommitMs: 250,
    failures: 4,
    roomBytes: 1 << 27,
  },
  replayed: 98_765,
  checkpoint: {
    number: 12,
    bytes: 34_567,
    tookMs: 1500,
    longestPauseMs: 3,
    longestHoldMs: 0.5,
    createdMs: 1_767_225_600_000,
    ageSeconds: 42,
  },
  checkpointFailures: 6,
}
