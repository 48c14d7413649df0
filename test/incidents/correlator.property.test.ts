import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CorrelatorOptions } from '../../src/incidents/correlation.ts'
import { Correlator } from '../../src/incidents/correlator.ts'
import type { Cluster } from '../../src/incidents/cluster.ts'
import { type KeptCorrelation, keptOf, restoreKept } from '../../src/incidents/kept-correlation.ts'
import { BruteCorrelator, type BruteIncident } from './brute-correlator.ts'

const DEGREES = 1.40625 // a cell of 3 characters is as wide and as high

const options: CorrelatorOptions = {
  ...{
    name: 'place',
    by: ['tenant'],
    near: 3,
    withinMs: 100,
    minMembers: 2,
    quietMs: 120,
    silenceMs: 400,
    latenessMs: 40,
  },
  ...{ maxTracked: 10_000, listedMembers: 5, maxOpen: 1000 },
}

type Step =
  | {
      readonly kind: 'anomaly'
      readonly device: number
      readonly metric: number
      readonly late: number
      readonly x: number
      readonly y: number
      readonly group: number
    }
  | { readonly kind: 'recover'; readonly device: number; readonly metric: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'restart' }

const device = fc.integer({ min: 1, max: 12 })
const metric = fc.integer({ min: 1, max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      ...{ kind: fc.constant('anomaly' as const), device, metric, late: fc.integer({ min: 0, max: 130 }) },
      // around the antimeridian, and up to the pole
      ...{
        x: fc.integer({ min: 0, max: 9 }),
        y: fc.integer({ min: 0, max: 6 }),
        group: fc.integer({ min: 0, max: 1 }),
      },
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('recover' as const), device, metric }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 250 }) }),
  },
)

/** Runs both; what is open after each step, and what has happened. */
function run(steps: readonly Step[], given: CorrelatorOptions, moves: boolean): string[] {
  const happened: string[] = []
  const listener = {
    opened: ({ members }: Cluster) => happened.push(`opened ${members.length}`),
    joined: () => undefined,
    merging: () => happened.push('merged 1'),
    ended: (_: Cluster, reason: string) => happened.push(`ended ${reason}`),
  }
  let correlator = new Correlator(given, listener)
  const brute = new BruteCorrelator(given)
  let now = 1000
  for (const taken of steps) {
    if (taken.kind === 'restart') {
      const kept = JSON.parse(JSON.stringify(keptOf(correlator))) as KeptCorrelation
      correlator = new Correlator(given, listener)
      restoreKept(correlator, kept)
    } else if (taken.kind === 'pass') {
      now += taken.ms
      correlator.advance(now)
      brute.advance(now)
    } else if (taken.kind === 'recover') {
      correlator.recover(taken.device, taken.metric, now)
      brute.recover(taken.device, taken.metric, now)
    } else {
      const x = moves ? taken.x : taken.device % 10
      const lon = 180 - 5 * DEGREES + (x + 0.5) * DEGREES
      const anomaly = {
        ...{ device: taken.device, metric: taken.metric, time: now - taken.late, score: 7 },
        ...{
          severity: 'high' as const,
          lat: 90 - (taken.y + 0.5) * DEGREES,
          lon: lon > 180 ? lon - 360 : lon,
        },
        group: { tenant: String(taken.group) },
      }
      correlator.take(anomaly)
      brute.take(anomaly)
    }
    // texts, because thousands are compared
    expect(JSON.stringify(sorted(openOf(correlator)))).toBe(JSON.stringify(sorted(brute.incidents())))
    expect(happened.join()).toBe(brute.happened.join())
  }
  return happened
}

const openOf = (correlator: Correlator): BruteIncident[] =>
  [...correlator.incidents].map(({ members, abnormal, anomalies, first, last, listed }) => ({
    ...{ members: members.length, abnormal, anomalies, startsAt: first, updatedAt: last },
    devices: listed.map((member) => member.device),
  }))

const sorted = (incidents: readonly BruteIncident[]): BruteIncident[] =>
  incidents
    .map((incident) => ({ ...incident, devices: incident.devices.slice(0, options.listedMembers) }))
    .map((incident) => ({ incident, text: JSON.stringify(incident) }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ incident }) => incident)

describe('Correlator', () => {
  it.each([
    ['devices that stay', options, false, ['ended', 'merged', 'opened']],
    ['devices that move', options, true, ['ended', 'merged', 'opened']],
    ['place no matter', { ...options, near: 0 }, true, ['ended', 'opened']],
  ] as const)(
    'finds what a comparison of all with all finds, also over restarts: %s',
    (_, given, moves, all) => {
      const met = new Set<string>()
      const property = fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), (steps) => {
        for (const what of run(steps, given, moves)) met.add(what.split(' ')[0])
      })
      do fc.assert(property, { numRuns: 15 })
      while (!all.every((what) => met.has(what)))
      expect([...met]).toEqual(expect.arrayContaining([...all]))
    },
  )
})
