import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { INTAKE_COMMITTED, INTAKE_CONNECTIONS, INTAKE_RECEIVED } from '../../../src/ingest/intake-counters.ts'
import { frame, someReadings, utf8 } from '../frames.ts'
import {
  Client,
  UPGRADE,
  clientFrame,
  connect,
  rawExchange,
  rawStream,
  startServer,
  until,
  type Kind,
  type Running,
  type ServerOptions,
} from '../server-fixture.ts'

const reading = { device: 'pump-7', metric: 'temperature', value: 21.4 }

/** What becomes of those who keep silent, and of one who answers pings. */
async function outwait(kind: Kind) {
  const own = await startServer(kind)
  try {
    const idle = await rawStream(own.endpoint.port)
    idle.resume()
    const idleClosed = new Promise((resolve) => idle.on('close', () => resolve(true)))
    const patient = await connect(own)
    const [slow, silent] = await Promise.all([
      rawExchange(own.endpoint.port, 'GET / HTTP/1.1\r\nHost: x\r\nX-A: a', 60_000),
      rawExchange(own.endpoint.port, '', 60_000),
    ])
    const isIdleClosed = await idleClosed
    return { slow: slow.closed, silent: silent.closed, idle: isIdleClosed, patient: patient.ws.readyState }
  } finally {
    await own.close()
  }
}

describe.each<Kind>(['uWebSockets.js', 'ws'])('stream server on %s', (kind) => {
  let running: Running
  // takes as long as the timeouts do, so it goes on beside the others
  let patience: ReturnType<typeof outwait>
  beforeAll(() => {
    patience = outwait(kind)
    patience.catch(() => undefined)
  })
  const start = async (options?: ServerOptions): Promise<Running> =>
    (running = await startServer(kind, options))
  afterEach(async () => {
    await running.close()
    expect(running.errors).toEqual([])
    expect(running.counters[INTAKE_CONNECTIONS]).toBe(0)
  })

  it('takes binary frames and acknowledges them in binary', async () => {
    const client = await connect(await start())
    client.send(frame(1, someReadings(3)))
    expect(await client.reply()).toEqual({ seq: 1, status: 'accepted', credit: 64 })
    expect(running.counters[INTAKE_COMMITTED]).toBe(3)
    client.ws.terminate()
    await until(() => running.counters[INTAKE_CONNECTIONS] === 0)
  })

  it('takes JSON and acknowledges it in JSON', async () => {
    const client = await connect(await start())
    client.send(JSON.stringify({ seq: 17, readings: [reading, reading] }))
    expect(await client.reply()).toEqual({ seq: 17, status: 'accepted', credit: 64 })
    client.send(JSON.stringify(reading))
    await until(() => running.counters[INTAKE_COMMITTED] === 3)
    client.ws.close()
    await client.closed
  })

  it('lists the readings of a message that are not as they should be', async () => {
    const client = await connect(await start())
    const wrong = { ...reading, value: 'hot' }
    client.send(JSON.stringify({ seq: 1, readings: [reading, wrong, { ...reading, device: 'unknown-1' }] }))
    expect(await client.reply()).toMatchObject({
      seq: 1,
      status: 'refused',
      reason: 'unknown-device',
      refused: [1, 2],
      retry_after_ms: 250,
    })
    client.send(JSON.stringify({ seq: 2, readings: [wrong, reading] }))
    expect(await client.reply()).toMatchObject({
      seq: 2,
      status: 'accepted',
      refused: [0],
      retry_after_ms: 0,
    })
    expect(running.malformed()).toEqual({ type: 2 })
    expect(running.refused()).toEqual({ 'unknown-device': 1 })
  })

  it.each([
    [
      'a wrong identifier',
      () => frame(1, someReadings(1)).fill(88, 4, 8),
      'frame: the file identifier is not MRF1',
    ],
    ['a truncated frame', () => frame(1, someReadings(2)).slice(0, -8), /^frame: the vector says 2 readings/],
    ['an empty message', () => new Uint8Array(0), /^frame: 0 bytes are too few/],
    ['JSON that is not JSON', () => '{"device":', /^json: not valid JSON/],
    ['JSON of another shape', () => '"hello"', /^json: a message is a reading/],
    [
      'a wrong type',
      () => '{"device":"a","metric":"temperature","value":"1"}',
      /^type: reading 0: "value" must be/,
    ],
  ])('answers %s as malformed', async (_what, message, reason) => {
    const client = await connect(await start())
    client.send(message())
    const reply = await client.reply()
    expect(reply.status).toBe('malformed')
    expect(reply.reason).toMatch(reason)
    expect(running.quarantine).toHaveLength(1)
    expect(running.quarantine[0].source).toBe('127.0.0.1')
    expect(running.counters[INTAKE_RECEIVED]).toBe(1)
  })

  it('closes with 1007 after 16 malformed frames', async () => {
    const client = await connect(await start())
    for (let i = 0; i < 20; i++) client.send('no')
    for (let i = 0; i < 16; i++) expect((await client.reply()).status).toBe('malformed')
    expect(await client.closed).toBe(1007)
    expect(running.malformed()).toEqual({ json: 16 })
  })

  it('answers a message of one byte too many, then closes with 1009', async () => {
    const client = await connect(await start())
    client.send(new Uint8Array((1 << 20) + 1))
    expect(await client.reply()).toMatchObject({
      status: 'malformed',
      reason: expect.stringMatching(/^size: /) as string,
    })
    expect(await client.closed).toBe(1009)
    expect(running.malformed()).toEqual({ size: 1 })
  })

  it('counts and closes a message that is far too long', async () => {
    const client = await connect(await start())
    client.send(new Uint8Array(4 << 20))
    expect([1006, 1009]).toContain(await client.closed)
    await until(() => running.malformed().size === 1)
  })

  it('takes deep and huge JSON without harm', async () => {
    const client = await connect(await start())
    client.send('['.repeat(500_000) + ']'.repeat(500_000))
    expect((await client.reply()).reason).toMatch(/^type: reading 0: must be an object, not an array/)
    client.send(`[${'0,'.repeat(300_000)}0]`)
    expect((await client.reply()).reason).toMatch(/\(and 300000 more\)$/)
    expect(running.malformed()).toEqual({ type: 300_002 })
  })

  it.each([
    ['?token=bad', {}, 401],
    ['', { headers: { Authorization: 'Bearer bad' } }, 401],
    ['?token=other', {}, 403],
  ])('refuses a token before the upgrade (%s %o)', async (query, options, status) => {
    await start()
    await expect(connect(running, query, options)).rejects.toThrow(String(status))
    const raw = await rawExchange(running.endpoint.port, UPGRADE('/v1/stream?token=bad'))
    expect(raw.text).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/)
    expect(raw.text).toContain('{"code":"unauthorized","message":"unknown token","retryable":false}')
    expect(raw.closed).toBe(true)
  })

  it('names the client and its tenant and speaks the sub-protocol when it is offered', async () => {
    await start()
    const client = await new Client(`${running.url}?client=gw-3&token=good`, {}, [
      'x',
      'millrace.v1',
    ]).opened()
    expect(client.ws.protocol).toBe('millrace.v1')
    client.send('no')
    await client.reply()
    expect(running.quarantine[0].source).toBe('gw-3@127.0.0.1')
    const plain = await connect(running)
    expect(plain.ws.protocol).toBe('')
  })

  it('answers a stream at a wrong path with 404', async () => {
    await start()
    const raw = await rawExchange(running.endpoint.port, UPGRADE('/v2/stream'))
    expect(raw.text).toMatch(/^HTTP\/1\.1 404 /)
    expect(raw.text).toContain('"code":"not-found"')
  })

  it('closes a client that never reads its replies, and nobody else', async () => {
    await start({ server: { replyBufferBytes: 16 * 1024 } })
    const deaf = await connect(running)
    const other = await connect(running)
    deaf.ws.pause()
    const wrong = JSON.stringify({ seq: 1, readings: [reading, ...Array<object>(900).fill({})] })
    const flood = setInterval(() => {
      if (deaf.ws.bufferedAmount < 1 << 20) for (let i = 0; i < 20; i++) deaf.send(wrong)
    }, 1)
    await until(() => running.counters[INTAKE_CONNECTIONS] === 1)
    clearInterval(flood)
    deaf.ws.terminate()
    other.send(frame(9, someReadings(1)))
    expect(await other.reply()).toMatchObject({ seq: 9, status: 'accepted' })
  })

  it('takes a message in fragments', async () => {
    await start()
    const socket = await rawStream(running.endpoint.port)
    const message = frame(5, someReadings(1))
    socket.write(clientFrame(0x02, message.subarray(0, 10)))
    socket.write(clientFrame(0x00, new Uint8Array(0)))
    socket.write(clientFrame(0x80, message.subarray(10)))
    await until(() => running.counters[INTAKE_COMMITTED] === 1)
    socket.destroy()
    await until(() => running.counters[INTAKE_CONNECTIONS] === 0)
  })

  it('is not hurt by 200,000 empty fragments', async () => {
    await start()
    const socket = await rawStream(running.endpoint.port)
    const other = await connect(running)
    const message = frame(5, someReadings(1))
    const empty = clientFrame(0x00, new Uint8Array(0))
    socket.write(clientFrame(0x02, message.subarray(0, 10)))
    socket.write(Buffer.concat(Array<Buffer>(200_000).fill(empty)))
    socket.write(clientFrame(0x80, message.subarray(10)))
    // taken, or given up on by a server that bounds the fragments of a message
    await until(() => running.counters[INTAKE_COMMITTED] === 1 || running.counters[INTAKE_CONNECTIONS] === 1)
    socket.destroy()
    other.send(frame(1, someReadings(1)))
    expect(await other.reply()).toMatchObject({ seq: 1, status: 'accepted' })
  })

  it('closes a connection that sends a compressed frame', async () => {
    await start()
    const raw = await rawExchange(
      running.endpoint.port,
      UPGRADE('/v1/stream').replace('\r\n\r\n', '\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n'),
      200,
    )
    expect(raw.text).not.toMatch(/permessage-deflate/i)
    const socket = await rawStream(running.endpoint.port)
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.write(clientFrame(0xc2, utf8('bomb')))
    socket.resume()
    await closed
    expect(running.counters[INTAKE_RECEIVED]).toBe(0)
  })

  it('answers streams over limits.connections with 503, and still serves metrics', async () => {
    await start({ server: { connections: 2 } })
    const clients = [await connect(running), await connect(running)]
    const raw = await rawExchange(running.endpoint.port, UPGRADE('/v1/stream'))
    expect(raw.text).toMatch(/^HTTP\/1\.1 503 /)
    expect(raw.text).toMatch(/retry-after: 5/i)
    expect(raw.text).toContain('"code":"at-capacity"')
    expect((await fetch(`http://127.0.0.1:${running.endpoint.port}/metrics`)).status).toBe(200)
    clients[0].ws.close()
    await clients[0].closed
    await until(() => running.counters[INTAKE_CONNECTIONS] === 1)
    await connect(running)
  })

  it('counts its sockets', async () => {
    await start()
    const client = await connect(running)
    expect(running.server.sockets).toBe(1)
    client.ws.close()
    await client.closed
    await until(() => running.server.sockets === 0)
  })

  it('limits what an address sends', async () => {
    const unlimited = { framesPerSecond: 0, readingsPerSecond: 0 }
    await start({ rates: { address: { ...unlimited, readingsPerSecond: 10, connections: 2 } } })
    const client = await connect(running)
    client.send(frame(1, someReadings(50)))
    client.send(frame(2, someReadings(10)))
    const replies = [await client.reply(), await client.reply()].sort((a, b) => a.seq - b.seq)
    expect(replies[0]).toMatchObject({ seq: 1, status: 'accepted' })
    expect(replies[1]).toMatchObject({ seq: 2, status: 'refused', reason: 'rate' })
    // five seconds' worth, and its own: so that a slow machine has seconds in between
    expect(replies[1].retry_after_ms).toBeGreaterThan(900)
    await connect(running)
    await expect(connect(running)).rejects.toThrow('429')
  })

  it('carries HTTP with bodies up to the limit', async () => {
    await start()
    const url = `http://127.0.0.1:${running.endpoint.port}/v1/devices/a%20b?x=1`
    const headers = { Authorization: 'Bearer t' }
    const put = await fetch(url, { method: 'PUT', body: 'x'.repeat(4096), headers })
    expect(await put.text()).toBe('PUT /v1/devices/a%20b 4096')
    expect(running.requests[0]).toMatchObject({
      query: 'x=1',
      authorization: 'Bearer t',
      address: '127.0.0.1',
    })
    const raw = await rawExchange(
      running.endpoint.port,
      `PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4097\r\n\r\n${'x'.repeat(4097)}`,
    )
    expect(raw.text).toMatch(/^HTTP\/1\.1 413 /)
    expect(raw.text).toContain('"code":"too-large"')
    const head = await fetch(url, { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe('24')
    expect(await head.text()).toBe('')
  })

  it('sends events until the client goes', async () => {
    let write: (chunk: string) => void = () => undefined
    let stopped = 0
    await start({
      http: () => ({
        status: 200,
        contentType: 'text/event-stream',
        body: '',
        stream: (writer) => {
          write = writer
          return () => stopped++
        },
      }),
    })
    const abort = new AbortController()
    const response = await fetch(`http://127.0.0.1:${running.endpoint.port}/v1/alerts/stream`, {
      signal: abort.signal,
    })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    write('data: 1\n\n')
    let text = ''
    while (!text.includes('data: 1')) text += (await reader.read()).value ?? ''
    abort.abort()
    await reader.closed.catch(() => undefined)
    await until(() => stopped === 1)
    write('data: 2\n\n')
  })

  it('turns a handler that throws into a 500', async () => {
    await start({
      http: () => {
        throw new Error('broken')
      },
    })
    const response = await fetch(`http://127.0.0.1:${running.endpoint.port}/x`)
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ code: 'internal' })
    expect(running.errors.splice(0)).toHaveLength(1)
  })

  it('says when it cannot listen', async () => {
    await start()
    const second = await startServer(kind, { port: running.endpoint.port }).catch((error: unknown) => error)
    expect(second).toMatchObject({
      code: 'listen-failed',
      retryable: true,
      message: expect.stringMatching(/: .*(in use|EADDRINUSE)/) as string,
    })
  })

  it('closes slow headers, silent sockets and idle streams, and nobody who answers pings', async () => {
    await start()
    const open = { slow: true, silent: true, idle: true, patient: WebSocket.OPEN }
    expect(await patience).toEqual(open)
  })
})
