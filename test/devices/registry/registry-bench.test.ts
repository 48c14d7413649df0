import { describe, expect, it } from 'vitest'
import { runRegistryBench, SIZES } from '../../../bench/registry.bench.ts'

describe('the registry bench', () => {
  it('finds every device again and needs at most a few hundred bytes for each', () => {
    const result = runRegistryBench(SIZES.small)
    expect(result.check).toBe(2 * SIZES.small)
    expect(result.bytesPerDevice).toBeLessThan(400)
  })
})
