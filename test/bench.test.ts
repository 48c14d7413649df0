import { describe, expect, it } from 'vitest'
import * as alertBook from '../bench/alert-book.bench.ts'
import * as frameRing from '../bench/frame-ring.bench.ts'
import * as incidents from '../bench/incidents.bench.ts'
import * as pipelineFused from '../bench/pipeline-fused.bench.ts'
import * as pipelineHistory from '../bench/pipeline-history.bench.ts'
import * as pipelineOperators from '../bench/pipeline-operators.bench.ts'
import * as routeKernel from '../bench/route-kernel.bench.ts'

/** The benches do what they measure: their checks at the small size. */
describe('the benches', () => {
  it('route every reading', async () => {
    const { value, comparison, check } = await routeKernel.run(routeKernel.sizes.small)
    expect(check).toBe(300_000)
    expect(comparison.ratio).toBeCloseTo(value / comparison.value)
  })

  it('see every frame of the ring whole', async () => {
    const { largeFrames, smallFrames } = frameRing.sizes.small
    const { cases } = await frameRing.run(frameRing.sizes.small)
    expect(cases.map(({ check }) => check)).toEqual([largeFrames, smallFrames])
    expect(cases.every(({ value, comparison }) => value > 0 && comparison.value > 0)).toBe(true)
  })

  it('let the same readings pass a fused pipeline, whatever its functions look like', async () => {
    const { cases } = await pipelineFused.run(pipelineFused.sizes.small)
    const kept = Array.from({ length: 256 }, (_, row) => (row * 7919) % 100).filter(
      (value) => value > 10 && value * 1.8 + 32 < 180,
    )
    expect(cases.map(({ check }) => check)).toEqual([kept.length, kept.length])
  })

  it('find the same statistics in recorded readings by one thread and by two', async () => {
    const { cases } = await pipelineHistory.run(pipelineHistory.sizes.small)
    expect(cases.map(({ check }) => check)).toEqual([0, 0, 0])
  })

  it('find every member of the incidents', async () => {
    const { devices } = incidents.sizes.small
    const { cases } = await incidents.run(incidents.sizes.small)
    expect(cases.map(({ check }) => check)).toEqual([devices, devices, devices])
  })

  it('let the stages with state give what their plain likes give', async () => {
    const { cases } = await pipelineOperators.run(pipelineOperators.sizes.small)
    expect(cases.map(({ check }) => check)).toEqual([300, 900, 2500, 2500])
  })

  it('open an alert for each series, silenced or not, and close them', async () => {
    const { alerts } = alertBook.sizes.small
    const { cases } = await alertBook.run(alertBook.sizes.small)
    expect(cases.map(({ check }) => check)).toEqual([alerts, alerts, alerts + 1, alerts + 1, 100, 0])
  })
})
