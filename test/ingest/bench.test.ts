import { describe, expect, it } from 'vitest'
import { run, sizes } from '../../bench/intake.bench.ts'

describe('intake bench', () => {
  it('takes every message it measures', async () => {
    const { cases } = await run(sizes.small)
    expect(cases.map(({ check }) => check)).toEqual([2000, 2000, 20_000, 500, 2000])
  })
})
