import { describe, expect, it } from 'vitest'
import { run, sizes } from '../../../bench/registry.bench.ts'

describe('the registry bench', () => {
  it('finds every device again and needs at most a few hundred bytes for each', async () => {
    const { value, unit, cases } = await run(sizes.small)
    expect(cases.map(({ check }) => check)).toEqual(cases.map(() => sizes.small.devices))
    expect(unit).toBe('bytes')
    expect(value).toBeLessThan(400)
  })
})
