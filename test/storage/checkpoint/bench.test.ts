import { describe, expect, it } from 'vitest'
import * as checkpoint from '../../../bench/checkpoint.bench.ts'

describe('the checkpoint bench', () => {
  it('restores every series, and writes less when less has changed', async () => {
    const { cases } = await checkpoint.run(checkpoint.sizes.small)
    expect(cases.map(({ check }) => check)).toEqual(cases.map(() => 20_000))
    const [, changed] = cases.filter(({ unit }) => unit === 'MiB')
    expect(changed.comparison.ratio).toBeLessThan(1)
  })
})
