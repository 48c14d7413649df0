/**
 * What the correlator costs per anomaly on the main thread: devices of several towns one after the other, then all of them
 * again. Beside it the least that anyone could do: to count anomalies by cell. The checks are the members found.
 */
import { GeohashGrid } from '../src/incidents/geohash-grid.ts'
import { Correlator } from '../src/incidents/correlator.ts'
import { type BenchResult, benchCase, benchResult, timed } from './bench.ts'

export interface Size {
  readonly devices: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { devices: 2000 },
  full: { devices: 100_000 },
}

const TOWNS = 5
const NEAR = 5

export async function run({ devices }: Size): Promise<BenchResult> {
  const anomalies = Array.from({ length: devices }, (_, i) => ({
    ...{ device: i + 1, metric: 1, time: 1.7e12 + i, score: 9, severity: 'high' as const, group: {} },
    ...{ lat: 45 + (i % 97) / 2000, lon: 10 * (i % TOWNS) + (i % 89) / 2000 },
  }))
  const correlator = new Correlator(
    {
      ...{ name: 'place', by: [], near: NEAR, withinMs: 60_000, minMembers: 10, quietMs: 60_000 },
      ...{ silenceMs: 3_600_000, latenessMs: 10_000, maxTracked: devices, listedMembers: 100, maxOpen: 1000 },
    },
    { opened: () => {}, joined: () => {}, merging: () => {}, ended: () => {} },
  )
  const nsEach = (act: () => void): number => (timed(act) * 1e6) / devices
  const all = (): void => anomalies.forEach((anomaly) => correlator.take(anomaly))
  const [first, again, plain] = [nsEach(all), nsEach(all), nsEach(() => countByCell(anomalies))]
  const members = (): number =>
    [...correlator.incidents].reduce((sum, { members }) => sum + members.length, 0)
  const found = members()
  const end = timed(() => correlator.advance(2e12))
  const of = (name: string, value: number) =>
    benchCase(name, 'ns', value, { name: 'to count it by its cell', value: plain }, found)
  return benchResult([
    of('an anomaly of a device that is new', first),
    of('a further one', again),
    benchCase('the end of all incidents', 'ms', end, { name: 'target: at most', value: 20 }, found),
  ])
}

function countByCell(anomalies: readonly { readonly lat: number; readonly lon: number }[]): number {
  const grid = new GeohashGrid(NEAR)
  const counts = new Map<number, number>()
  for (const { lat, lon } of anomalies) {
    const cell = grid.cellOf(lat, lon) ?? 0
    counts.set(cell, (counts.get(cell) ?? 0) + 1)
  }
  return counts.size
}
