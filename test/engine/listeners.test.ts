import { createServer } from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { deviceIdOf } from '../../src/core/ids.ts'
import type { Stats } from '../../src/core/stats.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import { tokenHash } from '../../src/security/tokens.ts'
import { frame } from '../ingest/frames.ts'
import { Client, rawExchange, UPGRADE } from '../ingest/server-fixture.ts'
import {
  balance,
  committedOf,
  connectionsOf,
  freePort,
  readingsOf,
  type RunningEngine,
  soon,
  startEngine,
} from './listeners.fixture.ts'

const MANY = 24

describe('several listeners on one port', () => {
  let running: RunningEngine
  const start = async (config?: ConfigInput): Promise<RunningEngine> => (running = await startEngine(config))
  afterEach(async () => {
    await running.engine.close()
    expect(running.failures).toEqual([])
  })
  const connect = (query = ''): Promise<Client> => new Client(running.url + query).opened()
  const connectMany = (count = MANY): Promise<Client[]> =>
    Promise.all(Array.from({ length: count }, () => connect()))
  const http = async (request: string): Promise<{ status: number; body: string }> => {
    const { text } = await rawExchange(running.port, request)
    return { status: Number(text.slice(9, 12)), body: text.slice(text.indexOf('\r\n\r\n') + 4) }
  }
  const get = (path: string) => http(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  const put = (path: string, body: string) =>
    http(
      `PUT ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )

  it('spreads connections, takes binary and JSON on each and answers every frame', async () => {
    await start()
    const clients = await connectMany()
    for (const open of connectionsOf(running)) expect(open).toBeGreaterThan(0)
    for (const [index, client] of clients.entries()) {
      client.send(frame(1, readingsOf(`binary-${index}`, 10)))
      client.send(
        JSON.stringify({ seq: 2, readings: [{ device: `json-${index}`, metric: 'heat', value: 1 }] }),
      )
    }
    for (const client of clients) {
      // cumulative: the first answer may stand for both
      const first = await client.reply()
      expect(first.status).toBe('accepted')
      if (first.seq === 1) expect(await client.reply()).toMatchObject({ seq: 2, status: 'accepted' })
    }
    await soon(() => running.engine.stats().account.processed === MANY * 11)
    for (const committed of committedOf(running)) expect(committed).toBeGreaterThan(0)
    expect(running.engine.devices.get('json-3')).toMatchObject({ id: deviceIdOf('json-3') })
    expect(running.engine.metrics.get('heat')).toBeDefined()
    expect(running.engine.stats().connections).toBe(MANY)
  })

  it('answers a frame within milliseconds', async () => {
    await start()
    const client = await connect()
    // as many as it takes on a busy machine; a thread that only looked every 20 ms would never be so quick
    for (let seq = 1, quick = 0; quick < 25; seq++) {
      const beganMs = performance.now()
      client.send(frame(seq, readingsOf('a', 1)))
      expect((await client.reply()).seq).toBe(seq)
      if (performance.now() - beganMs < 10) quick++
    }
  })

  it('serves HTTP on each, bodies and errors included', async () => {
    await start()
    const calls = Array.from({ length: 16 }, (_, index) =>
      put(`/v1/devices/pump-${index}`, '{"tier":"premium"}'),
    )
    for (const { status } of await Promise.all(calls)) expect(status).toBe(201)
    expect(running.engine.devices.size).toBe(16)
    expect(await get('/v1/nowhere')).toMatchObject({ status: 404 })
    expect(await put('/v1/devices/x', '{"tier":')).toMatchObject({ status: 400 })
    const stats = JSON.parse((await get('/v1/stats')).body) as Stats
    expect(stats.devices).toBe(16)
    expect((await get('/metrics')).body).toContain('millrace_')
    expect((await get('/readyz')).status).toBe(200)
  })

  it('streams alerts from each, and ends the stream when its client goes', async () => {
    const threshold = { threshold: 4, direction: 'both', minDeviation: 1 } as const
    await start({ anomalies: { ...threshold, warmup: 8 } })
    const { alerts } = running.assembly
    const subscribe = alerts.subscribe.bind(alerts)
    let subscribers = 0
    alerts.subscribe = (listener) => {
      const leave = subscribe(listener)
      subscribers++
      return () => {
        subscribers--
        leave()
      }
    }
    const aborts = Array.from({ length: 8 }, () => new AbortController())
    const texts = await Promise.all(
      aborts.map(async ({ signal }) => {
        const url = `http://127.0.0.1:${running.port}/v1/alerts/stream`
        const response = await fetch(url, { signal, headers: { connection: 'close' } })
        return response.body!.pipeThrough(new TextDecoderStream()).getReader()
      }),
    )
    const until = async (reader: (typeof texts)[number], word: string): Promise<string> => {
      let text = ''
      while (!text.includes(word)) text += (await reader.read()).value ?? ''
      return text
    }
    await Promise.all(texts.map((reader) => until(reader, 'following alerts')))
    const client = await connect()
    const calm = Array.from({ length: 50 }, (_, i) => ({ ...readingsOf('pump', 1)[0], value: 20 + (i % 2) }))
    client.send(frame(1, [...calm, { ...calm[0], value: 1000 }]))
    for (const text of await Promise.all(texts.map((reader) => until(reader, 'event: raised'))))
      expect(text).toContain('"metric":"value"')
    for (const abort of aborts) abort.abort()
    await Promise.all(texts.map((reader) => reader.closed.catch(() => undefined)))
    await soon(() => subscribers === 0)
  })

  it('changes a tier by PUT for the next frame, on whichever listener it comes', async () => {
    await start()
    const clients = await connectMany(8)
    const sendAll = async (seq: number): Promise<void> => {
      for (const client of clients) client.send(frame(seq, readingsOf('pump-7', 1)))
      for (const client of clients) expect((await client.reply()).seq).toBe(seq)
    }
    await sendAll(1)
    expect((await put('/v1/devices/pump-7', '{"tier":"critical"}')).status).toBe(201)
    await sendAll(2)
    const { tiers } = running.engine.stats()
    expect(tiers).toMatchObject({ standard: { accepted: 8 }, critical: { accepted: 8 } })
  })

  it('registers a device again that was removed, although its name is remembered', async () => {
    await start()
    const clients = await connectMany(8)
    const message = JSON.stringify({ seq: 1, readings: [{ device: 'pump', metric: 'value', value: 1 }] })
    const sendAll = async (): Promise<void> => {
      for (const client of clients) client.send(message)
      for (const client of clients) expect((await client.reply()).status).toBe('accepted')
    }
    await sendAll()
    running.engine.devices.delete('pump')
    await sendAll()
    expect(running.engine.devices.get('pump')).toBeDefined()
  })

  it('refuses what is not known under `known`, until it is registered', async () => {
    await start({ admission: 'known' })
    const clients = await connectMany(8)
    const message = JSON.stringify({ seq: 1, readings: [{ device: 'pump', metric: 'value', value: 1 }] })
    const statuses = async (): Promise<Set<string>> => {
      for (const client of clients) client.send(message)
      return new Set(
        await Promise.all(clients.map(async (client) => (await client.reply()).reason ?? 'taken')),
      )
    }
    expect(await statuses()).toEqual(new Set(['unknown-device']))
    running.engine.devices.register('pump')
    expect(await statuses()).toEqual(new Set(['taken']))
  })

  it('keeps the account exact while it is read from everywhere under load', async () => {
    await start()
    const clients = await connectMany(12)
    const messages = [
      frame(0, readingsOf('fast', 200)),
      frame(0, [
        ...readingsOf('fast', 3),
        { series: 1n, value: 1 },
        { series: readingsOf('fast', 1)[0].series, value: NaN },
      ]),
      JSON.stringify([{ device: 'a', metric: 'm', value: 1 }, { device: 'b', metric: 'm', value: 'x' }, {}]),
    ]
    let sent = 0
    const flood = setInterval(() => {
      const fresh = JSON.stringify({ device: `fresh-${sent}`, metric: 'm', value: sent })
      for (const client of clients)
        // never out of work, and not so far behind that a request waits for long
        if (client.ws.bufferedAmount < 1 << 13) {
          for (const message of [...messages, fresh]) client.send(message)
          sent++
        }
    }, 4)
    const seen: object[] = []
    let isEnough = false
    for (let i = 0; i < 90 || !isEnough; i++) {
      const stats =
        i % 3 === 0 ? (JSON.parse((await get('/v1/stats')).body) as Stats) : running.engine.stats()
      seen.push(balance(stats))
      isEnough = stats.account.received > 10_000 && stats.account.malformed > 100
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    clearInterval(flood)
    expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(new Set(['{"arrived":0,"kept":0}']))
  })

  it('names the sender of what is malformed, whoever found it so and on whichever listener', async () => {
    await start()
    const names = Array.from({ length: 8 }, (_, index) => `gateway-${index}`)
    for (const name of names) {
      const client = await connect(`?client=${name}`)
      client.send('no')
      client.send(frame(1, [{ ...readingsOf('a', 1)[0], value: Infinity }]))
      await client.reply()
      await client.reply()
    }
    const sources = async (cause: string): Promise<string[]> => {
      const { body } = await get('/v1/quarantine')
      const list = (Object.values(JSON.parse(body) as object).find(Array.isArray) ?? []) as {
        cause: string
        source: string
      }[]
      return list
        .filter((entry) => entry.cause === cause)
        .map(({ source }) => source.split('@')[0])
        .sort()
    }
    await soon(async () => (await sources('value')).length === 8 && (await sources('json')).length === 8)
    expect(await sources('json')).toEqual(names)
    expect(await sources('value')).toEqual(names)
  })

  it('knows tokens on each', async () => {
    const token = { sha256: tokenHash('good'), name: 'fleet', scope: 'device', tenant: 'acme' } as const
    await start({ auth: { tokens: [token] } })
    await Promise.all(Array.from({ length: 8 }, () => connect('?token=good')))
    for (let i = 0; i < 8; i++) {
      expect(await http(UPGRADE('/v1/stream?token=bad'))).toMatchObject({ status: 401 })
      expect(await get('/v1/stats')).toMatchObject({ status: 401 })
    }
  })

  it('counts limits.connections over all listeners together', async () => {
    await start({ limits: { connections: 10 } })
    const clients = await connectMany(10)
    for (let i = 0; i < 6; i++) expect(await http(UPGRADE('/v1/stream'))).toMatchObject({ status: 503 })
    clients[3].ws.close()
    await clients[3].closed
    await soon(() => running.engine.stats().connections === 9)
    await connect()
  })

  it('closes gracefully: refuses, loses nothing, answers, says goodbye, frees the port', async () => {
    await start()
    const clients = await connectMany()
    const flood = setInterval(() => {
      for (const client of clients)
        if (client.ws.readyState === client.ws.OPEN && client.ws.bufferedAmount < 1 << 20)
          client.send(frame(1, readingsOf('a', 100)))
    }, 1)
    await soon(() => running.engine.stats().account.processed > 10_000)
    await running.engine.close()
    clearInterval(flood)
    const { account } = running.engine.stats()
    expect(account).toMatchObject({ processed: account.accepted, inFlight: 0, deadLettered: 0 })
    expect(balance(running.engine.stats())).toEqual({ arrived: 0, kept: 0 })
    for (const client of clients) expect(await client.closed).toBe(1001)
    const again = await startEngine({ port: running.port })
    await again.engine.close()
  })

  it('says when the port is in use, and can listen once it is free', async () => {
    const port = await freePort()
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    await expect(startEngine({ port })).rejects.toMatchObject({ code: 'listen-failed', retryable: true })
    other.close()
    await once(other, 'close')
    await start({ port })
    await expect(startEngine({ port })).rejects.toMatchObject({ code: 'listen-failed' })
  })
})
