import { afterEach, describe, expect, it } from 'vitest'
import { MAP_METRICS } from '../../src/memory/layout/map.layout.ts'
import { frame } from '../ingest/frames.ts'
import { Client, rawExchange } from '../ingest/server-fixture.ts'
import { readingsOf, type RunningEngine, soon, startEngine } from './listeners.fixture.ts'

/** As a bug would: the router's next look into the table of metrics is outside the memory. */
function breakRouter({ assembly: { foundation } }: RunningEngine): void {
  const { memory, plan } = foundation
  memory.u32[(plan.at.map + MAP_METRICS) >>> 2] = 0xfffff000
}

describe.each([1, 2])('an engine whose router has failed (listeners: %i)', (listeners) => {
  let running: RunningEngine
  afterEach(() => running.engine.close())

  const get = async (path: string) => {
    const request = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
    const { text } = await rawExchange(running.port, request)
    return { status: Number(text.slice(9, 12)), body: text.slice(text.indexOf('\r\n\r\n') + 4) }
  }

  it('says so to everybody, and leaves nobody waiting', async () => {
    running = await startEngine({ listeners })
    const { engine, failures, url } = running
    const client = await new Client(url).opened()
    client.send(frame(1, readingsOf('pump', 10)))
    expect(await client.reply()).toMatchObject({ seq: 1, status: 'accepted' })
    await soon(() => engine.stats().account.processed === 10)
    breakRouter(running)
    client.send(frame(2, readingsOf('pump', 10)))
    const waiting = engine.ingest([{ device: 'pump', metric: 'value', value: 1 }])
    await expect(waiting).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('router has failed') as string,
    })
    // what it has not answered it never will
    expect(await client.closed).toBe(1011)
    expect(client.pending).toBe(0)
    expect(failures).toHaveLength(1)
    expect(String(failures[0])).toMatch(/out of bounds/)
    expect(await get('/readyz')).toMatchObject({
      status: 503,
      body: expect.stringContaining('router has failed') as string,
    })
    for (const path of ['/healthz', '/metrics', '/v1/stats']) expect((await get(path)).status).toBe(200)
    const later = await new Client(url).opened()
    later.send(frame(1, readingsOf('pump', 10)))
    expect(await later.reply()).toMatchObject({ seq: 1, status: 'refused', reason: 'shutdown' })
    expect(await engine.ingest([{ device: 'pump', metric: 'value', value: 1 }])).toMatchObject({
      ...{ accepted: 0, refused: [0], reason: 'shutdown' },
    })
    const begin = performance.now()
    await engine.close()
    // there is nothing to wait for
    expect(performance.now() - begin).toBeLessThan(5000)
  })
})
