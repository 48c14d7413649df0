/** What is wrong in a scenario beyond what its schema says: names of nothing, and two answers to one question. */
import { MillraceError } from '../../core/errors.ts'
import type { Problem } from '../../engine/config/problems.ts'
import { Recurrence } from '../../reservations/recurrence.ts'
import { SHAPES } from './fleet-options.ts'
import type { Scenario } from './scenario-options.ts'
import { oneOf } from './values.ts'
import { FAULTS } from './world-options.ts'

const LONGEST_TICK_MS = 1000
const WHOLE = 1
const ROUNDING = 1e-6

export function problemsIn(scenario: Scenario): Problem[] {
  const { tick } = scenario
  const slow: Problem[] =
    tick > LONGEST_TICK_MS ? [{ path: ['tick'], message: `${tick} ms is not allowed; give at most 1s` }] : []
  return [
    ...slow,
    ...twice('regions', scenario.regions),
    ...twice('fleet', scenario.fleet),
    ...twice('pools', scenario.pools),
    ...twice('maintenance', scenario.maintenance),
    ...scenario.fleet.flatMap((group, index) => groupProblems(scenario, group, ['fleet', index])),
    ...poolProblems(scenario),
    ...referenceProblems(scenario),
    ...scenario.faults.flatMap((fault, index) => oneOf(fault, Object.keys(FAULTS), ['faults', index])),
  ]
}

function twice(key: string, list: readonly { readonly name: string }[]): Problem[] {
  const seen = new Set<string>()
  return list.flatMap(({ name }, index) => {
    const isTaken = seen.has(name)
    seen.add(name)
    return isTaken ? [{ path: [key, index, 'name'], message: `"${name}" is taken; give another` }] : []
  })
}

function groupProblems(
  { regions }: Scenario,
  group: Scenario['fleet'][number],
  path: readonly (string | number)[],
): Problem[] {
  const given = (['region', 'regions', 'places'] as const).filter((key) => group[key] !== undefined)
  const where = given.length > 1 ? oneOf(group, ['region', 'regions', 'places'], path) : []
  const names = [...(group.region === undefined ? [] : [group.region]), ...Object.keys(group.regions ?? {})]
  const shares = Object.values(group.regions ?? {})
  return [
    ...(where as Problem[]),
    ...unknown(names, regions, 'region', [...path, group.region === undefined ? 'regions' : 'region']),
    ...(shares.length > 0 && Math.abs(sum(shares) - WHOLE) > ROUNDING
      ? [
          {
            path: [...path, 'regions'],
            message: `the shares are ${sum(shares)} in all; give shares of 100 %`,
          },
        ]
      : []),
    ...group.traffic.flatMap((shape, at) => oneOf(shape, Object.keys(SHAPES), [...path, 'traffic', at])),
  ] as Problem[]
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)

/** Every region has one pool, and who takes over is another one. */
function poolProblems({ pools, regions }: Scenario): Problem[] {
  const problems = pools.flatMap((pool, index) => [
    ...unknown(pool.regions ?? [], regions, 'region', ['pools', index, 'regions']),
    ...unknown(
      pool.failover === undefined ? [] : [pool.failover.to],
      pools.filter((other) => other !== pool),
      'other pool',
      ['pools', index, 'failover', 'to'],
    ),
  ])
  const spared = pools.flatMap(({ degradation, spares: { pipelines } }, index) => [
    ...degradation.ladder.flatMap((rung, at) =>
      unknown(
        rung.do === 'pause-pipelines' ? rung.pipelines : [],
        Object.keys(pipelines).map((name) => ({ name })),
        'pipeline of spares.pipelines',
        ['pools', index, 'degradation', 'ladder', at, 'pipelines'],
      ),
    ),
    ...(sum(Object.values(pipelines)) < WHOLE
      ? []
      : [
          {
            path: ['pools', index, 'spares', 'pipelines'],
            message: `they take ${sum(Object.values(pipelines))} of the work in all; give less than 100 %`,
          },
        ]),
  ])
  const servers = (name: string) => pools.filter((pool) => pool.regions?.includes(name) ?? true)
  return [
    ...problems,
    ...spared,
    ...regions.flatMap(({ name }, index) =>
      servers(name).length === 1
        ? []
        : [
            {
              path: ['regions', index, 'name'],
              message: `"${name}" is served by ${servers(name).length} pools; let it be one`,
            },
          ],
    ),
  ]
}

/** What the engine's own reservations say against a rule. */
const ruleProblem =
  (start: number) =>
  ({ at, timezone, rrule }: Scenario['maintenance'][number], index: number): Problem[] => {
    try {
      new Recurrence({ startsAt: start + at.least, timeZone: timezone, rrule })
      return []
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      const message = error.message.replace(/^rrule: /, '')
      return [{ path: ['maintenance', index, 'rrule'], message }]
    }
  }

function referenceProblems({
  start,
  forecast,
  events,
  anomalies,
  faults,
  maintenance,
  fleet,
  regions,
  pools,
}: Scenario): Problem[] {
  const poolsOf = (name: string | undefined, path: readonly (string | number)[]): Problem[] =>
    unknown(name === undefined ? [] : [name], pools, 'pool', path)
  const regionOf = (name: string | undefined, path: readonly (string | number)[]): Problem[] =>
    unknown(name === undefined ? [] : [name], regions, 'region', path)
  const poolOf = ({ pool }: { pool?: string | undefined }): string => pool ?? pools[0].name
  return [
    ...forecast.events.flatMap((event, index) =>
      unknown(event.regions ?? [], regions, 'region', ['forecast', 'events', index, 'regions']),
    ),
    ...events.flatMap(({ groups }, index) =>
      unknown(groups ?? [], fleet, 'group', ['events', index, 'groups']),
    ),
    ...anomalies.flatMap(({ groups, region }, index) => [
      ...unknown(groups ?? [], fleet, 'group', ['anomalies', index, 'groups']),
      ...regionOf(region, ['anomalies', index, 'region']),
    ]),
    ...maintenance.flatMap(({ pool, after }, index) => {
      const before = maintenance.slice(0, index).filter((other) => poolOf(other) === poolOf({ pool }))
      return [
        ...poolsOf(pool, ['maintenance', index, 'pool']),
        ...unknown(after, before, 'operation of this pool before it', ['maintenance', index, 'after']),
      ]
    }),
    ...maintenance.flatMap(ruleProblem(start)),
    ...faults.flatMap(({ crash, down, api, partial, slow, outage }, index) => [
      ...Object.entries({ crash, down, api, partial, slow }).flatMap(([kind, fault]) =>
        poolsOf(fault?.pool, ['faults', index, kind, 'pool']),
      ),
      ...regionOf(outage?.region, ['faults', index, 'outage', 'region']),
    ]),
  ]
}

function unknown(
  names: readonly string[],
  known: readonly { readonly name: string }[],
  what: string,
  path: readonly (string | number)[],
): Problem[] {
  const all = known.map(({ name }) => name)
  const there = all.length > 0 ? `there are ${all.join(', ')}` : 'there is none'
  return names
    .filter((name) => !all.includes(name))
    .map((name) => ({ path: [...path], message: `"${name}" is no ${what}; ${there}` }))
}
