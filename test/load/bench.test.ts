import { expect, it } from 'vitest'
import { run, sizes } from '../../bench/load-generator.bench.ts'

it('load-generator.bench: the sink counts exactly the bytes that were sent', async () => {
  const { cases } = await run(sizes.small)
  expect(cases.map(({ unit }) => unit)).toEqual(['frames/s', 'readings/s', 'frames/s'])
  for (const one of cases) {
    expect(one, one.name).toMatchObject({ check: 0 })
    expect(one.value, one.name).toBeGreaterThan(0)
  }
})
