/** What pipelines do in a whole engine, seen from the outside: one engine, many looks at it. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { deviceIdOf } from '../../src/core/ids.ts'
import type { VelocityEvent } from '../../src/engine/engine-events.ts'
import { shardOfDevice } from '../../src/history/scan/shard-of-device.ts'
import { tokenHash } from '../../src/security/tokens.ts'
import { copyOf, Heard } from './heard.ts'
import { counting } from './recorded.ts'
import { isIdle, moment, startEngine, until } from './rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-live-'))
afterAll(() => rmSync(folder, { recursive: true }))

const START = Date.parse('2026-01-01T00:00:00Z')
const DEADLY_READING = 777
const DEADLY_RESULT = 666
const DEADLY_ALERT = 555
const shardOf = (device: string): number => shardOfDevice(deviceIdOf(device))
const TIME = { timeout: 180_000 }

/** A service that knows `d1` and fails for all others. */
async function serveSites(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    if (request.url !== '/d1') response.writeHead(500).end()
    else response.end(JSON.stringify({ site: 'harbour' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => void server.close(),
  }
}

describe('pipelines of an engine', () => {
  it('give up what ends their workers, and nothing else', TIME, async () => {
    const deadly = copyOf(folder, 'deadly', {
      reading: DEADLY_READING,
      result: DEADLY_RESULT,
      alert: DEADLY_ALERT,
    })
    const seer = copyOf(folder, 'changing', { name: 'seer' })
    const engine = await startEngine({ pipelines: [deadly, seer], pool: { size: 2 } })
    const heard = new Heard(engine)
    const messages: string[] = []
    engine.on('alert', ({ message }) => messages.push(message))
    const send = async (device: string, value: number, second = 0): Promise<void> => {
      await engine.ingest([{ device, metric: 'value', value, time: START + second * 1000 }])
      await until(() => isIdle(engine), `${device} ${value}`)
    }
    for (const i of counting(20)) await send(`d${i}`, i)
    // of another moment than the ones before: what is said of a reading goes by that
    await send('d3', DEADLY_RESULT, 0.001)
    await send('d4', DEADLY_READING, 0.001)
    // shares a shard with d0, so that time goes on for it
    const waiting = counting(1000)
      .map((i) => `w${i}`)
      .find((name) => shardOf(name) === shardOf('d0'))!
    await send(waiting, DEADLY_ALERT)
    const later = counting(20).map((i) => ({
      ...{ device: `d${i}`, metric: 'value', value: -1, time: START + 30_000 },
    }))
    await engine.ingest(later)
    await until(() => engine.stats().deadLetters.length === 2, 'two letters', 60_000)
    await until(() => heard.count('results') === 20, 'the other results')
    await until(() => messages.length > 0, 'the alert')
    await until(() => isIdle(engine), 'all worked through')
    expect(engine.stats().pool.replaced).toBe(7)
    expect(messages).toEqual([expect.stringContaining('its message failed: the functions behind it ended 3')])
    expect(engine.stats().account).toMatchObject({ processed: 43, deadLettered: 0, inFlight: 0 })
    // the pipeline behind it has seen the reading
    await until(() => heard.count('seen') === 43, 'all seen by the other')
    expect(heard.items('survived').map(Number)).not.toContain(DEADLY_READING)
    await until(() => heard.count('survived') === 42, 'all others')
    const results = heard.items('results').map(({ device }) => device)
    expect(results).not.toContain('d3')
    const { port } = await engine.listen()
    const url = `http://127.0.0.1:${port}/v1/dead-letters`
    const { entries } = (await (await fetch(url)).json()) as { entries: { id: number; node: string }[] }
    expect(entries).toHaveLength(2)
    expect(entries.find(({ node }) => node === '')).toMatchObject({
      pipeline: 'deadly',
      reading: { device: 'd4', value: DEADLY_READING },
    })
    const result = entries.find(({ node }) => node === 'window-1')
    expect(result).toMatchObject({ item: { device: 'd3', n: 2, most: DEADLY_RESULT }, isDeadly: true })
    expect(result).toMatchObject({ cause: expect.stringContaining('ended 3 workers') as string })
    const replay = await fetch(`${url}/replay`, {
      method: 'POST',
      body: JSON.stringify({ ids: [result?.id] }),
    })
    expect(await replay.json()).toMatchObject({
      replayed: 0,
      failed: [{ reason: expect.stringContaining('would end the main thread') as string }],
    })
    // and everything goes on
    await send('d3', 1, 60)
    await until(() => heard.items('results').some(({ device }) => device === 'd3'), 'a later result')
    expect(engine.stats().pool.replaced).toBe(7)
  })

  it('reach the world, and show that fast devices move to batches', TIME, async () => {
    const service = await serveSites()
    const table = join(folder, 'colours.csv')
    const cure = join(folder, 'cured')
    writeFileSync(table, 'device,colour\nd1,red\n')
    const engine = await startEngine({
      pipelines: [copyOf(folder, 'outward', { service: service.url, table, cure })],
      devices: [
        { name: 'd1', tenant: 'acme', region: 'europe', attributes: { floor: 1 } },
        { name: 'd2', tenant: 'acme', attributes: { floor: 2 } },
        { name: 'd3', tenant: 'acme', attributes: { floor: 2 } },
      ],
      auth: {
        tokens: [
          { sha256: tokenHash('reader'), name: 'a dashboard', scope: 'api' },
          { sha256: tokenHash('gateway'), name: 'a gateway', scope: 'device', tenant: 'acme' },
        ],
      },
      pool: { size: 1 },
    })
    const heard = new Heard(engine)
    const colours = () => heard.items('colours').map(({ colour }) => colour)
    const moves: VelocityEvent[] = []
    engine.on('velocity', (move) => moves.push(move))
    const { port } = await engine.listen()
    const at = (path: string): string => `http://127.0.0.1:${port}${path}`
    const headers = { authorization: 'Bearer reader' }
    const ask = async (path: string, body?: object): Promise<unknown> => {
      const method = body === undefined ? 'GET' : 'POST'
      const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
      return (await fetch(at(path), init)).json()
    }

    // who may look
    expect((await fetch(at('/v1/pipelines'))).status).toBe(401)
    expect((await fetch(at('/v1/pipelines'), { headers: { authorization: 'Bearer gateway' } })).status).toBe(
      403,
    )
    expect(await ask('/v1/pipelines')).toMatchObject({ pipelines: [{ name: 'outward' }] })
    const stream = `ws://127.0.0.1:${port}/v1/pipelines/outward/stream`
    await expect(once(new WebSocket(stream), 'open')).rejects.toThrow('401')
    await expect(once(new WebSocket(`${stream}?token=gateway`), 'open')).rejects.toThrow('403')
    const subscriber = new WebSocket(`${stream}?token=reader`)
    const values: number[] = []
    subscriber.on('message', (text: Buffer) => {
      const { data } = JSON.parse(String(text)) as { data: { item: { value: number } } }
      values.push(data.item.value)
    })
    await once(subscriber, 'open')

    const send = (device: string, value: number, time = START) =>
      engine.ingest([{ device, metric: 'value', value, time }])
    // at once: windows close when nothing has come for a while
    const three = [1, 2, 3].map((i) => ({ device: `d${i}`, metric: 'value', value: i, time: START }))
    await engine.ingest(three)
    await until(() => values.length === 3, 'what subscribers see')

    // enriched, or what stands in for it; joined; keyed by what the registry knows, though no more readings come
    await until(() => heard.count('enriched') === 3 && heard.count('colours') === 3, 'enriched and joined')
    expect(heard.items('enriched')).toContainEqual({ device: 'd1', site: 'harbour' })
    expect(heard.items('enriched')).toContainEqual({ device: 'd2', site: 'unknown' })
    expect(colours().sort()).toEqual(['red', undefined, undefined])
    await until(() => heard.count('floors') === 2, 'windows of idle shards')
    expect(heard.items('floors')).toContainEqual(
      expect.objectContaining({ tenant: 'acme', floor: 2, n: 2, start: START }),
    )
    // a result of a device is from where the device is at home
    await until(() => engine.stats().alerts.open > 0, 'an alert of a window')
    expect(await ask('/v1/alerts')).toMatchObject({
      alerts: [{ rule: 'counted', key: 'd1', region: 'europe' }],
    })

    // made a series of its own
    const doubled = () => ask('/v1/series/d3/doubled') as Promise<{ last?: { value: number } }>
    for (let value = 0; value !== 6; value = (await doubled()).last?.value ?? 0);

    // given up, and put back in where that was
    await send('d1', 5)
    await until(() => engine.stats().deadLetters.length > 0, 'a letter')
    const letters = await ask('/v1/dead-letters')
    expect(letters).toMatchObject({
      entries: [
        { pipeline: 'outward', node: 'filter-1', cause: 'TypeError: five again', item: { value: 5 } },
      ],
    })
    writeFileSync(cure, '')
    expect(await ask('/v1/dead-letters/replay', { pipeline: 'outward' })).toEqual({
      ...{ replayed: 1, failed: [], left: 0 },
    })
    await until(() => values.includes(5), 'the item that was put back in')

    // the table is read again
    writeFileSync(table, 'device,colour\nd1,red\nd2,green-and-blue\n')
    for (let time = START; !colours().includes('green-and-blue'); time++) {
      await send('d2', 4, time)
      // no device but the press becomes fast
      await moment(20)
    }

    // fast, and slow again
    const before = values.length
    for (const i of counting(50))
      await engine.ingest(
        counting(20).map((j) => ({
          device: 'press',
          metric: 'value',
          value: 1000 + 20 * i + j,
          time: START,
        })),
      )
    await until(
      () => values.length >= before + 1000 - 1,
      () => `${values.length - before} of 1000 shown`,
    )
    await until(() => moves.length === 2, 'both moves')
    expect(moves).toMatchObject([
      { pipeline: 'outward', device: 'press', to: 'fast' },
      { pipeline: 'outward', device: 'press', to: 'slow' },
    ])
    expect(values.filter((value) => value >= 1000)).toEqual(counting(1000, 1000))
    const [{ velocity }] = engine.pipelines.list()
    expect(velocity).toMatchObject({ fast: 0, toFast: 1, toSlow: 1 })
    expect(velocity?.batched).toBeGreaterThan(0)
    const metrics = await (await fetch(at('/metrics'), { headers })).text()
    expect(metrics).toContain('millrace_pipeline_velocity_moves_total{pipeline="outward",to="fast"} 1\n')
    expect(metrics).toContain('millrace_pipeline_fast_devices{pipeline="outward"} 0\n')
    subscriber.terminate()
    service.close()

    // what it has raised ends with it
    await engine.pipelines.remove('outward')
    expect(await ask('/v1/alerts?state=resolved')).toMatchObject({
      alerts: [{ rule: 'counted', key: 'd1', endedBecause: 'pipeline-removed' }],
    })
  })
})
