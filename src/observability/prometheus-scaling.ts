/** The part of `GET /metrics` about capacity. */
import type { ScalingStats } from '../core/scaling.ts'
import type { Exposition, Sample } from './exposition.ts'

export function writeScaling(text: Exposition, { pools, demand, degradedRung }: ScalingStats): void {
  const by = (value: (pool: ScalingStats['pools'][number]) => number): Sample[] =>
    pools.map((pool) => ({ labels: { pool: pool.pool }, value: value(pool) }))
  text.gauge(
    'millrace_scaling_desired_units',
    'Units that a pool is to have.',
    by((pool) => pool.desired),
  )
  text.gauge(
    'millrace_scaling_ready_units',
    'Units that work.',
    by((pool) => pool.ready),
  )
  text.gauge(
    'millrace_scaling_max_units',
    'Units that there may be at most now.',
    by((pool) => pool.max),
  )
  text.gauge(
    'millrace_scaling_demand',
    'Readings per second that want in.',
    by((pool) => pool.demand),
  )
  text.counter(
    'millrace_scaling_arrivals_total',
    'Readings that wanted in, accepted or refused, by tier and region.',
    demand.map(({ tier, region, total }) => ({ labels: { tier, region }, value: total })),
  )
  text.gauge(
    'millrace_scaling_forecast',
    'Readings per second expected within the lead time, upper quantile.',
    by((pool) => pool.forecast),
  )
  text.gauge(
    'millrace_scaling_service_rate',
    'Readings per second that a unit does.',
    by((pool) => pool.serviceRate),
  )
  text.gauge(
    'millrace_scaling_utilisation_ratio',
    'Share of the time in which units are at work.',
    by((pool) => pool.utilisation),
  )
  text.gauge(
    'millrace_scaling_waste_ratio',
    "Share of today's units beyond need and headroom.",
    by((pool) => pool.waste),
  )
  text.gauge(
    'millrace_scaling_cost_per_hour',
    'Cost of the units that there are.',
    by((pool) => pool.costPerHour),
  )
  const decisions = pools.flatMap(({ pool, decisions: counts }) =>
    Object.entries(counts).map(([policy, value]) => ({ labels: { pool, policy }, value })),
  )
  text.counter(
    'millrace_scaling_decisions_total',
    'Decisions that changed a size, by what decided.',
    decisions,
  )
  text.gauge(
    'millrace_scaling_degraded_rung',
    'Rungs down the ladder of degraded mode; 0 = none.',
    degradedRung,
  )
}
