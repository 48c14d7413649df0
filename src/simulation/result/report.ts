/** What came of a run, for people and for programs. */
import { TIERS } from '../../core/tiers.ts'
import type { Outcome, PoolOutcome } from '../run/simulation.ts'
import { trackOf } from '../words.ts'
import { milliseconds, number, percent } from './figures.ts'
import { readingsOf } from './measures.ts'
import { refusedShare, rungsOf, type Verdict, verdictsOf } from './verdicts.ts'

export interface Report {
  readonly scenario: string
  readonly seed: number
  /** All objectives were met. */
  readonly held: boolean
  readonly verdicts: readonly Verdict[]
  readonly pools: readonly PoolFigures[]
}

export interface PoolFigures {
  readonly name: string
  readonly readings: number
  readonly refused: number
  readonly lost: number
  /** Milliseconds. */
  readonly p99: Readonly<Record<string, number | null>>
  readonly longestShortMs: number
  readonly overloaded: number
  readonly waste: number
  readonly capacity: number
  readonly cost: number
  readonly currency: string
  readonly mostUnits: number
  readonly unitsAtEnd: number
  readonly reversals: number
  readonly forecastError: number | null
  readonly alerts: readonly string[]
  /** The deepest rung of degraded mode, that of the end, and readings of bulk that were left out. */
  readonly rungs: number
  readonly rungAtEnd: number
  readonly sampled: number
  readonly operations: Readonly<Record<string, string>>
  /** How often each was done. */
  readonly operationTimes: Readonly<Record<string, number>>
}

export function reportOf({ scenario, seed, pools }: Outcome): Report {
  const verdicts = verdictsOf(scenario.expect, pools)
  const held = verdicts.every((verdict) => verdict.held)
  return { scenario: scenario.name, seed, held, verdicts, pools: pools.map(figuresOf) }
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value)

function figuresOf({
  name,
  options,
  measures,
  forecastError,
  unitsAtEnd,
  ...rest
}: PoolOutcome): PoolFigures {
  const p99 = TIERS.map((tier, index) => [tier, orNull(measures.latencies[trackOf(index)].quantile(0.99))])
  const { longestShortMs, overloaded, waste, capacity, cost, mostUnits, reversals, lost } = measures
  return {
    ...{ name, readings: readingsOf(measures.fresh), refused: readingsOf(measures.refused), lost },
    ...{ p99: Object.fromEntries(p99) as PoolFigures['p99'], longestShortMs, overloaded, waste, capacity },
    ...{ cost, currency: options.policy.cost.currency, mostUnits, unitsAtEnd, reversals },
    forecastError: orNull(forecastError),
    alerts: rest.alerts.filter(({ isRaised }) => isRaised).map(({ kind }) => kind),
    ...{ rungs: rungsOf(rest).deepest, rungAtEnd: rungsOf(rest).end, sampled: measures.sampled },
    operations: Object.fromEntries(
      [...rest.operations].map(([operation, { outcome }]) => [operation, outcome]),
    ),
    operationTimes: Object.fromEntries(
      [...rest.operations].map(([operation, { times }]) => [operation, times]),
    ),
  }
}

export function reportText(outcome: Outcome): string {
  const { scenario, seed, held, verdicts } = reportOf(outcome)
  const lines = outcome.pools.flatMap((pool) => poolLines(pool))
  const width = Math.max(0, ...verdicts.map(({ objective }) => objective.length))
  const judged = verdicts.map(
    (verdict) =>
      `${verdict.held ? 'held  ' : 'MISSED'}  ${verdict.objective.padEnd(width)}  ${verdict.actual}  (expected ${verdict.expected})`,
  )
  const missed = verdicts.filter((verdict) => !verdict.held).length
  const end = held
    ? `all ${verdicts.length} objectives held`
    : `${missed} of ${verdicts.length} objectives missed`
  return [`${scenario}, seed ${seed}`, ...lines, ...judged, end].join('\n')
}

function poolLines(pool: PoolOutcome): string[] {
  const { name, measures, options, alerts } = pool
  const tiers = TIERS.flatMap((tier, index) => {
    const took = measures.latencies[trackOf(index)].quantile(0.99)
    const refused = refusedShare([pool], index)
    if (Number.isNaN(took) && refused === 0) return []
    return [`${tier} ${milliseconds(took)}${refused > 0 ? `, ${percent(refused)} refused at first` : ''}`]
  })
  const raised = alerts.filter(({ isRaised }) => isRaised).map(({ kind }) => kind)
  return [
    `${name}: ${number(readingsOf(measures.fresh))} readings, up to ${measures.mostUnits} ${options.unit}s, ` +
      `${measures.reversals} reversals, ${number(measures.cost)} ${options.policy.cost.currency || '(no currency)'}`,
    `  p99: ${tiers.join('; ')}`,
    `  overloaded ${percent(measures.overloaded)}, longest ${milliseconds(measures.longestShortMs)}; ` +
      `capacity ${measures.capacity.toFixed(2)} × demand, ${percent(measures.waste)} wasted; ` +
      `${number(measures.lost)} lost`,
    ...(raised.length > 0 ? [`  alerts: ${raised.join(', ')}`] : []),
    ...(pool.steps.length > 0
      ? [
          `  degraded: up to ${rungsOf(pool).deepest} rungs down, ${rungsOf(pool).end} at the end, ${pool.steps.length} steps; ` +
            `${number(measures.sampled)} of bulk left out`,
        ]
      : []),
    ...[...pool.operations].map(
      ([operation, { outcome, times }]) =>
        `  maintenance ${operation}: ${outcome}${times > 1 ? `, done ${times} times` : ''}`,
    ),
  ]
}
