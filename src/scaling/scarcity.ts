/** While a pool may not have all that it wants: who gets what of it, by the table of priorities; and tells those who hold. */
import type { CapacityHold, CapacityHolds, DemandSeries, ScalingDecision } from '../core/scaling.ts'
import { type Tier, TIERS } from '../core/tiers.ts'
import type { PolicyOptions } from './policy/policy-options.ts'
import { type Claim, type ClaimKind, divide, type Grant, type PriorityException } from './priorities.ts'

export interface Scarce {
  readonly decision: ScalingDecision
  readonly holds: readonly CapacityHold[]
  readonly options: PolicyOptions
  /** By series, since the tick before. */
  readonly arrivals: Float64Array
}

const KINDS: Readonly<Record<Tier, ClaimKind>> = {
  critical: 'anomaly',
  premium: 'premium',
  standard: 'standard',
  bulk: 'bulk',
}
const CEILINGS = ['max', 'cost-ceiling', 'schedule']

export class Scarcity {
  readonly #series: readonly DemandSeries[]
  readonly #holds: CapacityHolds
  readonly #exceptions: readonly PriorityException[]
  #grants: readonly Grant[] | null = null
  /** What holds were told last. */
  readonly #told = new Map<string, number>()

  constructor(
    series: readonly DemandSeries[],
    holds: CapacityHolds,
    exceptions: readonly PriorityException[],
  ) {
    this.#series = series
    this.#holds = holds
    this.#exceptions = exceptions
  }

  /** The most important first; null = there is enough. */
  get grants(): readonly Grant[] | null {
    return this.#grants
  }

  look(scarce: Scarce): void {
    const { decision, holds } = scarce
    const isScarce =
      decision.to < decision.wanted && decision.limits.some((limit) => CEILINGS.includes(limit))
    this.#grants = isScarce ? divide(decision.to, this.#claims(scarce), this.#exceptions) : null
    for (const { id, units } of holds) {
      const grant = this.#grants?.find(({ claim }) => claim.kind === 'maintenance' && claim.name === id)
      this.#tell(id, Math.floor(grant?.units ?? units), units, grant?.reason ?? 'there is enough for all')
    }
    for (const id of this.#told.keys()) if (holds.every((hold) => hold.id !== id)) this.#told.delete(id)
  }

  #tell(id: string, granted: number, asked: number, reason: string): void {
    if ((this.#told.get(id) ?? asked) === granted) return
    this.#told.set(id, granted)
    this.#holds.grant?.(id, granted, reason)
  }

  #claims({ decision, holds, options, arrivals }: Scarce): Claim[] {
    const { inputs } = decision
    const { targetUtilisation, drainMs } = options
    // where the rate is not known, readings are as good as units to compare by
    const rate = inputs.serviceRate > 0 ? inputs.serviceRate : 1
    const total = this.#series.reduce((sum, _, index) => sum + arrivals[index], 0)
    const perArrival = total === 0 ? 0 : inputs.demand / total
    const ofTier = (tier: Tier): number => {
      const arrived = this.#series.reduce(
        (sum, series, i) => sum + (series.tier === tier ? arrivals[i] : 0),
        0,
      )
      return (
        (arrived * perArrival) / (rate * targetUtilisation) + (1000 * inputs.backlog[tier]) / (rate * drainMs)
      )
    }
    const tiers = TIERS.map((tier) => ({ kind: KINDS[tier], name: tier, units: ofTier(tier) }))
    const maintenance = holds.map(({ id, units }) => ({ kind: 'maintenance' as const, name: id, units }))
    return [...tiers, ...maintenance].filter(({ units }) => units > 0)
  }
}
