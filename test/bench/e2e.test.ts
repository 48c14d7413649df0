import { describe, expect, it } from 'vitest'
import type { Bench } from '../../bench/bench.ts'

const BENCHES = [
  'engine',
  'pool-size',
  'e2e-websocket',
  'e2e-plain',
  'e2e-allocation',
  'e2e-alert-delivery',
  'e2e-anomaly',
  'e2e-latency',
  'e2e-overload',
  'e2e-pipelines',
  'e2e-rules',
  'e2e-scaling',
  'e2e-maintenance',
]

describe.each(BENCHES)('%s.bench, small', (name) => {
  it('gives figures, and loses no reading on the way', { timeout: 300_000 }, async () => {
    const bench = (await import(`../../bench/${name}.bench.ts`)) as Bench<unknown>
    const { cases, machine } = await bench.run(bench.sizes.small)
    expect(machine).not.toBe('')
    for (const one of cases) {
      expect(one, one.name).toMatchObject({ check: 0 })
      expect(one.value, one.name).toBeGreaterThan(0)
      expect(one.comparison.ratio, one.name).toBeGreaterThan(0)
    }
  })
})
