import { describe, expect, it } from 'vitest'
import { createEngine } from '../../src/engine/create-engine.ts'

describe('An engine with user code that does not return', () => {
  it('ends it when the time for closing is over', async () => {
    const engine = await createEngine({
      pipeline: new URL('./fixtures/stuck.js', import.meta.url),
      pool: { max: 1, hangTimeoutMs: 600_000 },
      shutdownTimeoutMs: 300,
    })
    await engine.ingest([{ device: 'a', metric: 'm', value: 1 }])
    await engine.close()
    expect(engine.stats().account).toMatchObject({ accepted: 1, processed: 0 })
  })
})
