import { describe, expect, it } from 'vitest'
import * as bench from '../../../bench/pipeline-windows.bench.ts'

describe('the bench of windows', () => {
  it('counts every row once', { timeout: 60_000 }, async () => {
    const { cases } = await bench.run(bench.sizes.small)
    expect(cases[0].check).toBe(bench.sizes.small.rows * 1.5 * bench.sizes.small.rounds)
    expect(cases.every(({ value, comparison }) => value > 0 && comparison.value > 0)).toBe(true)
  })
})
