import { describe, expect, it } from 'vitest'
import { Spawned } from './spawned.ts'

const serve = (args: string[], engine = 'fine') =>
  new Spawned('test/cli/serve.fixture.js', ['serve', ...args], { ENGINE: engine })

describe('millrace serve', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'says when it is ready, and on %s closes the engine and sums up',
    async (signal) => {
      const server = serve(['--port', '0'])
      await server.says('listening')
      server.child.kill(signal)
      const { code, out, err } = await server.end()
      const [ready, last] = out.trimEnd().split('\n')
      expect(ready).toMatch(
        /^millrace \d+\.\d+\.\d+ listening on ws:\/\/127\.0\.0\.1:40000\/v1\/stream \(uWebSockets\.js, 1 listener, 1,000,000 series, memory\)$/,
      )
      expect(last).toBe(
        'millrace closed after 1.3 s; readings: 1,234 received, 1,200 accepted, 30 refused, 4 malformed, ' +
          '1,199 processed, 0 in flight, 1 dead-lettered; 2 alerts',
      )
      expect(err).toBe('closing\n')
      expect(code).toBe(0)
    },
  )

  it('speaks JSON, a document per line', async () => {
    const server = serve(['--json', '--host', '0.0.0.0', '--insecure', '--port', '8123'])
    await server.says('listening')
    server.child.kill('SIGINT')
    const { code, out, err } = await server.end()
    const [ready, last] = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(ready).toMatchObject({
      event: 'listening',
      url: 'ws://0.0.0.0:8123/v1/stream',
      port: 8123,
      server: 'uws',
      listeners: 1,
    })
    expect(last).toMatchObject({ event: 'closed', account: { received: 1234 }, alerts: { raised: 2 } })
    expect(JSON.parse(err.split('\n')[0])).toMatchObject({
      event: 'warning',
      message: expect.stringContaining('INSECURE') as string,
    })
    expect(code).toBe(0)
  })

  it('ends at once on a second signal, although closing takes its time', async () => {
    const server = serve([], 'endless')
    await server.says('listening')
    server.child.kill('SIGINT')
    await server.says('closing', 'err')
    server.child.kill('SIGINT')
    // killed by the signal, which shells report as 130
    expect(await server.end()).toMatchObject({ code: null, signal: 'SIGINT' })
  })

  it('says what went wrong meanwhile, and goes on', async () => {
    const server = serve(['--json'], 'failing')
    await server.says('worker 0 crashed', 'err')
    server.child.kill('SIGINT')
    const { code, err } = await server.end()
    expect(JSON.parse(err.split('\n')[0])).toEqual({ event: 'failure', message: 'worker 0 crashed' })
    expect(code).toBe(0)
  })

  it('says when what was accepted before is taken in again', async () => {
    const lines = serve([], 'recovering')
    await lines.says('recovered')
    lines.child.kill('SIGINT')
    const { out } = await lines.end()
    expect(out.split('\n')[1]).toBe('millrace recovered: 1,234,567 readings taken in again in 2.3 s; ready')

    const json = serve(['--json'], 'recovering')
    await json.says('recovered')
    json.child.kill('SIGINT')
    const documents = (await json.end()).out.trimEnd().split('\n')
    expect(JSON.parse(documents[1])).toEqual({ event: 'recovered', readings: 1_234_567, seconds: 2.345 })
  })

  it('names the durability when it listens', async () => {
    const server = serve(['--config', 'test/cli/durable.yaml', '--json'])
    await server.says('listening')
    server.child.kill('SIGINT')
    const [ready] = (await server.end()).out.split('\n')
    expect(JSON.parse(ready)).toMatchObject({ event: 'listening', durability: 'journal' })
  })

  it('closes the engine when it cannot listen, and exits with 1', async () => {
    const { code, out, err } = await serve(['--port', '80'], 'no-port').end()
    expect({ code, out, err }).toEqual({
      code: 1,
      out: '',
      err: 'closing\nmillrace: cannot listen on 127.0.0.1:80: in use\n',
    })
  })

  it('refuses to listen beyond loopback without authentication, and exits with 2', async () => {
    const { code, err } = await serve(['--host', '0.0.0.0', '--json']).end()
    expect(JSON.parse(err)).toMatchObject({ code: 'insecure-bind', retryable: false })
    expect(code).toBe(2)
  })
})
