/** What a scenario expects against what came of it: one verdict for each objective. */
import { type Tier, TIERS } from '../../core/tiers.ts'
import type { PoolOutcome } from '../run/simulation.ts'
import type { ExpectOptions } from '../scenario/expect-options.ts'
import { trackOf } from '../words.ts'
import { milliseconds, number, percent } from './figures.ts'

export interface Verdict {
  readonly objective: string
  readonly expected: string
  readonly actual: string
  readonly held: boolean
}

type Pools = readonly PoolOutcome[]

const most = (pools: Pools, of: (pool: PoolOutcome) => number): number =>
  Math.max(0, ...pools.map(of).map(known))
const total = (pools: Pools, of: (pool: PoolOutcome) => number): number =>
  pools.reduce((sum, pool) => sum + of(pool), 0)
const known = (value: number): number => (Number.isNaN(value) ? 0 : value)
const BULK = trackOf(TIERS.indexOf('bulk'))
/** Amounts are fluids: less than half a reading is none. */
const LEAST = 0.5
/** Sums of many steps. */
const ROUNDING = 1e-9

export function verdictsOf(expect: ExpectOptions, pools: Pools): Verdict[] {
  return [
    ...atMost(
      'scale time',
      expect.scaleTime,
      most(pools, ({ measures }) => measures.longestShortMs),
      milliseconds,
    ),
    ...byTier('p99', expect.p99, (tier) => p99Of(pools, tier), milliseconds),
    ...byTier('worst p99 of a minute', expect.worstP99, (tier) => worstOf(pools, tier), milliseconds),
    ...byTier('refused', expect.refused, (tier) => refusedShare(pools, tier), percent),
    ...refusing(expect.refusing ?? [], pools),
    ...atMost('lost', expect.lost, whole(total(pools, ({ measures }) => measures.lost)), number),
    ...atMost(
      'overloaded',
      expect.overloaded,
      most(pools, ({ measures }) => measures.overloaded),
      percent,
    ),
    ...atMost(
      'waste',
      expect.waste,
      most(pools, ({ measures }) => measures.waste),
      percent,
    ),
    ...atMost(
      'capacity over demand',
      expect.capacity,
      most(pools, ({ measures }) => measures.capacity),
      times,
    ),
    ...atMost(
      'cost',
      expect.cost,
      total(pools, ({ measures }) => measures.cost),
      number,
    ),
    ...atMost(
      'cost of an hour',
      expect.costPerHour,
      total(pools, ({ measures }) => measures.costliestHour),
      number,
    ),
    ...atMost(
      'reversals',
      expect.reversals,
      most(pools, ({ measures }) => measures.reversals),
      number,
    ),
    ...units(expect.units, pools),
    ...alerts(expect, pools),
    ...degraded(expect.degraded, pools),
    ...Object.entries(expect.maintenance ?? {}).map(([name, expected]) =>
      exactly(`maintenance ${name}`, expected, operationOf(pools, name)?.outcome ?? 'not asked for'),
    ),
    ...Object.entries(expect.maintenanceTimes ?? {}).map(([name, expected]) =>
      exactly(`maintenance ${name}, times`, String(expected), String(operationOf(pools, name)?.times ?? 0)),
    ),
    ...atMost(
      'forecast error',
      expect.forecastError,
      most(pools, ({ forecastError }) => forecastError),
      percent,
    ),
  ]
}

const operationOf = (pools: Pools, name: string) =>
  pools.map(({ operations }) => operations.get(name)).find((found) => found !== undefined)

function atMost(
  objective: string,
  limit: number | undefined,
  actual: number,
  words: (value: number) => string,
): Verdict[] {
  if (limit === undefined) return []
  return [
    {
      objective,
      expected: `≤ ${words(limit)}`,
      actual: words(actual),
      held: actual <= limit + ROUNDING * Math.max(1, limit),
    },
  ]
}

function byTier(
  objective: string,
  limits: Partial<Record<Tier, number | undefined>> | undefined,
  of: (tier: number) => number,
  words: (value: number) => string,
): Verdict[] {
  return TIERS.flatMap((tier, index) => atMost(`${objective}, ${tier}`, limits?.[tier], of(index), words))
}

const exactly = (objective: string, expected: string, actual: string): Verdict => {
  return { objective, expected, actual, held: expected === actual }
}

export const p99Of = (pools: Pools, tier: number): number =>
  most(pools, ({ measures }) => measures.latencies[trackOf(tier)].quantile(0.99))

const worstOf = (pools: Pools, tier: number): number =>
  most(pools, ({ measures }) => measures.worstP99[trackOf(tier)])

export function refusedShare(pools: Pools, tier: number): number {
  const fresh = total(pools, ({ measures }) => measures.fresh[trackOf(tier)])
  const refused = total(pools, ({ measures }) => measures.refused[trackOf(tier)])
  return refused < LEAST ? 0 : refused / fresh
}

const refusing = (tiers: readonly Tier[], pools: Pools): Verdict[] =>
  tiers.map((tier) => {
    const share = refusedShare(pools, TIERS.indexOf(tier))
    return { objective: `refuses ${tier}`, expected: 'some', actual: percent(share), held: share > 0 }
  })

function units(expect: ExpectOptions['units'], pools: Pools): Verdict[] {
  if (expect === undefined) return []
  const reached = most(pools, ({ measures }) => measures.mostUnits)
  const end = most(pools, ({ unitsAtEnd }) => unitsAtEnd)
  return [
    ...atMost('units at most', expect.most, reached, number),
    ...atLeast('units reached', expect.reached, reached),
    ...atMost('units at the end', expect.end, end, number),
  ]
}

/** The deepest rung, and that of the end. */
export const rungsOf = ({ steps }: Pick<PoolOutcome, 'steps'>): { deepest: number; end: number } => ({
  deepest: Math.max(0, ...steps.map(({ to }) => to)),
  end: steps.at(-1)?.to ?? 0,
})

function degraded(expect: ExpectOptions['degraded'], pools: Pools): Verdict[] {
  if (expect === undefined) return []
  const deepest = most(pools, (pool) => rungsOf(pool).deepest)
  const bulk = total(pools, ({ measures }) => measures.fresh[BULK])
  const sampled = total(pools, ({ measures }) => measures.sampled)
  return [
    ...atLeast('rungs down', expect.reached, deepest),
    ...atMost('rungs down at most', expect.most, deepest, number),
    ...atMost(
      'rungs down at the end',
      expect.end,
      most(pools, (pool) => rungsOf(pool).end),
      number,
    ),
    ...atMost(
      'steps of the ladder',
      expect.steps,
      most(pools, ({ steps }) => steps.length),
      number,
    ),
    ...atMost('left out of bulk', expect.sampled, bulk > 0 ? sampled / bulk : 0, percent),
  ]
}

function atLeast(objective: string, limit: number | undefined, actual: number): Verdict[] {
  if (limit === undefined) return []
  return [{ objective, expected: `≥ ${limit}`, actual: String(actual), held: actual >= limit }]
}

function alerts({ alerts: wanted = [], noAlerts = [] }: ExpectOptions, pools: Pools): Verdict[] {
  const raised = new Set(
    pools.flatMap((pool) => pool.alerts.filter(({ isRaised }) => isRaised)).map(({ kind }) => kind),
  )
  const words = (isRaised: boolean): string => (isRaised ? 'raised' : 'not raised')
  return [
    ...wanted.map((kind) => exactly(`alert ${kind}`, 'raised', words(raised.has(kind)))),
    ...noAlerts.map((kind) => exactly(`alert ${kind}`, 'not raised', words(raised.has(kind)))),
  ]
}

const whole = (value: number): number => (value < LEAST ? 0 : value)
const times = (value: number): string => `${value.toFixed(2)} ×`
