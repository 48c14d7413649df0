import { describe, expect, it } from 'vitest'
import { SIZES, benchIntake } from '../../bench/intake.bench.ts'

describe('intake bench', () => {
  it('takes every message it measures', () => {
    const committed = benchIntake(SIZES.small).map((result) => result.committed)
    expect(committed).toEqual([2000, 2000, 20_000, 500, 2000])
  })
})
