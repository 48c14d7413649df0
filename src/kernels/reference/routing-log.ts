import { REFUSAL_REASONS } from '../../core/refusal.ts'
import { TIER_COUNT } from '../../memory/layout/lanes.layout.ts'
import { OUTCOME_MALFORMED } from '../../memory/layout/ring.layout.ts'
import type { Frame } from './frame.ts'
import { LatencyCounts } from './latency.ts'
import type { Reading } from './reading.ts'

/** What a sender is told of a frame. */
export interface FrameOutcome {
  /** A refusal's reason where there is one, else the first (malformed) cause with OUTCOME_MALFORMED; 0 = all taken. */
  readonly reason: number
  readonly refused: readonly number[]
}

interface Run {
  readonly receivedMs: number
  readonly counts: number[]
}

/** The only refusal that asks for no resend gives way to the others. */
const SAMPLED = REFUSAL_REASONS.indexOf('sampled')
const MAX_RUNS = 512
const RUN_MS = 0.1

/** Twin of asm/refusals.ts and asm/scratch.ts: what the router counts, and the readings it puts in quarantine. */
export class RoutingLog {
  readonly accepted = [0, 0, 0, 0]
  /** Readings routed, by region × TIER_COUNT + tier. */
  readonly inRegions = Array<number>(256 * TIER_COUNT).fill(0)
  readonly refused = [0, 0, 0, 0]
  readonly reasons = Array<number>(16).fill(0)
  readonly causes = Array<number>(16).fill(0)
  readonly quarantined: { cause: number; source: number; receivedMs: number; reading: Reading }[] = []
  readonly latencies = Array.from({ length: TIER_COUNT }, () => new LatencyCounts())
  anomalies = 0
  frames = 0
  refusedFrames = 0
  #framesRouted = 0
  #runs: Run[] = []

  beginFrame(receivedMs: number): void {
    this.#framesRouted++
    const run = this.#runs.at(-1)
    const isNear = run !== undefined && Math.abs(receivedMs - run.receivedMs) < RUN_MS
    if (!isNear && this.#runs.length < MAX_RUNS) this.#runs.push({ receivedMs, counts: [0, 0, 0, 0] })
  }

  countRouted(tier: number, region: number): void {
    this.inRegions[region * TIER_COUNT + tier]++
    const run = this.#runs.at(-1)
    if (run !== undefined) run.counts[tier]++
  }

  recordLatencies(nowMs: number): void {
    for (const { receivedMs, counts } of this.#runs)
      counts.forEach((count, tier) => this.latencies[tier].record(nowMs - receivedMs, count))
    this.#runs = []
    this.frames += this.#framesRouted
    this.#framesRouted = 0
  }

  refuse(reason: number, tier: number): number {
    this.reasons[reason]++
    if (tier < TIER_COUNT) this.refused[tier]++
    return reason
  }

  quarantine(cause: number, { source, receivedMs }: Frame, reading: Reading): void {
    this.causes[cause]++
    this.quarantined.push({ cause, source, receivedMs, reading })
  }

  /** From what became of each reading. */
  outcomeOf(results: readonly number[]): FrameOutcome {
    const refused = results.flatMap((result, index) => (result === 0 ? [] : [index]))
    const refusals = results.filter((result) => result !== 0 && result < OUTCOME_MALFORMED)
    const reason =
      refusals.findLast((result) => result !== SAMPLED) ??
      refusals[0] ??
      results.find((result) => result !== 0) ??
      0
    if (refused.length > 0) this.refusedFrames++
    return { reason, refused }
  }
}
