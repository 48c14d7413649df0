import { expect, it } from 'vitest'
import { run, small } from '../../bench/load-generator.bench.ts'

it('load-generator.bench: the sink counts exactly the bytes that were sent', async () => {
  const results = await run(small)
  expect(results).toHaveLength(3)
  for (const { sentBytes, countedBytes } of results) {
    expect(sentBytes).toBeGreaterThan(0)
    expect(countedBytes).toBe(sentBytes)
  }
})
