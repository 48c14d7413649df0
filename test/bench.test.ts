import { describe, expect, it } from 'vitest'
import * as frameRing from '../bench/frame-ring.bench.ts'
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

  it('let the stages with state give what their plain likes give', async () => {
    const { cases } = await pipelineOperators.run(pipelineOperators.sizes.small)
    expect(cases.map(({ check }) => check)).toEqual([300, 900, 2500, 2500])
  })
})
