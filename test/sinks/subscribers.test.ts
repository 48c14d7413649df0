/** What subscribers see through the servers that there are. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { systemClock } from '../../src/core/clock.ts'
import type { HttpRequest, HttpResponse } from '../../src/core/http.ts'
import { fakeEngine } from '../engine/api/fake-engine.ts'
import { createApi } from '../../src/engine/api/create-api.ts'
import { type Kind, type Running, startServer } from '../ingest/server-fixture.ts'
import { deskOf, sinkNode } from './desk-for-tests.ts'
import { until } from './receiver.ts'

const TIME = { timeout: 120_000 }
const running: Running[] = []

afterEach(async () => {
  for (const server of running.splice(0)) await server.close()
})

/** A server whose pipeline `p` has subscribers at the nodes a and b. */
async function serve(kind: Kind) {
  const { desk, open } = deskOf(systemClock())
  const spec = { type: 'subscribers', recent: { items: 50 } }
  await open(sinkNode('a', spec), sinkNode('b', spec))
  const { view } = fakeEngine()
  const api = createApi({ ...view, streams: desk.streams })
  const http = (request: HttpRequest): HttpResponse => api(request) as HttpResponse
  const server = await startServer(kind, { http, server: { replyBufferBytes: 256 * 1024 } })
  running.push(server)
  const { port } = server.endpoint
  const give = (node: string, item: unknown): void =>
    void desk.item('p', node, item, { time: 1, device: 0, metric: 0, region: 0, tier: 0, id: 'x' })
  const followers = (): number => desk.streams.hubOf('p').followers
  return { give, port, url: `http://127.0.0.1:${port}/v1/pipelines/p/stream`, followers }
}

async function follow(url: string, headers: Record<string, string> = {}) {
  const abort = new AbortController()
  const response = await fetch(url, { headers, signal: abort.signal })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  const seen: unknown[] = []
  let rest = ''
  let id = ''
  const take = (event: string): void => {
    id = /^id: (.*)$/m.exec(event)?.[1] ?? id
    const data = /^data: (.*)$/m.exec(event)?.[1]
    if (data !== undefined) seen.push((JSON.parse(data) as { item: unknown }).item)
  }
  const see = async (count: number): Promise<unknown[]> => {
    while (seen.length < count) {
      const events = (rest + ((await reader.read()).value ?? '')).split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) take(event)
    }
    return seen
  }
  const leave = async (): Promise<void> => {
    abort.abort()
    await reader.closed.catch(() => undefined)
  }
  const lastId = (): string => id
  return { see, leave, lastId }
}

interface Message {
  readonly event: 'item' | 'gap'
  readonly id: string
  readonly data: { readonly item: unknown }
}

/** The same over a WebSocket. */
async function socketTo(url: string): Promise<{ readonly messages: Message[]; readonly ws: WebSocket }> {
  const messages: Message[] = []
  const ws = new WebSocket(url.replace('http:', 'ws:'))
  ws.on('message', (data: Buffer) => void messages.push(JSON.parse(String(data)) as Message))
  await once(ws, 'open')
  ws.on('error', () => undefined)
  return { messages, ws }
}

const refusalOf = (url: string): Promise<unknown> =>
  socketTo(url).then(
    () => 'it was opened',
    (error: unknown) => String(error),
  )

describe.each(['uWebSockets.js', 'ws'] as const)('subscribers over %s', (kind) => {
  it('see what comes, and what came while they were away', TIME, async () => {
    const { give, url, followers } = await serve(kind)
    const all = await follow(url)
    const one = await follow(`${url}?node=b`)
    await until(() => followers() === 2)
    give('a', 1)
    give('b', 2)
    expect(await all.see(2)).toEqual([1, 2])
    expect(await one.see(1)).toEqual([2])
    const id = all.lastId()
    await all.leave()
    await until(() => followers() === 1)
    give('a', 3)
    await one.leave()
    for (const again of [await follow(url, { 'last-event-id': id }), await follow(`${url}?after=${id}`)]) {
      expect(await again.see(1)).toEqual([3])
      await again.leave()
    }
  })

  it('are told what there is when they ask for something else', TIME, async () => {
    const { url } = await serve(kind)
    const wrong = await fetch(`${url}?node=c`)
    expect(wrong.status).toBe(404)
    expect(await wrong.text()).toContain('there are: a, b')
    expect((await fetch(url.replace('/p/', '/q/'))).status).toBe(404)
    expect((await fetch(`${url}?from=1`)).status).toBe(400)
  })

  it('are cut off when they do not read, and nobody else is', TIME, async () => {
    const { give, port, url, followers } = await serve(kind)
    const slow = connect(port, '127.0.0.1')
    slow.on('error', () => undefined)
    slow.write('GET /v1/pipelines/p/stream HTTP/1.1\r\nhost: a\r\n\r\n')
    await until(() => followers() === 1)
    slow.pause()
    const quick = await follow(url)
    await until(() => followers() === 2)
    let given = 0
    // what the system's buffers swallow is not known
    while (followers() === 2) {
      give('a', 'x'.repeat(10_000))
      give('a', ++given)
      await quick.see(2 * given)
    }
    expect((await quick.see(2 * given)).at(-1)).toBe(given)
    await quick.leave()
    slow.destroy()
  })

  it('see the same over a WebSocket, a message for each item', TIME, async () => {
    const { give, url, followers } = await serve(kind)
    const all = await socketTo(url)
    const one = await socketTo(`${url}?node=b`)
    await until(() => followers() === 2)
    give('a', 1)
    give('b', 'two')
    // what a follower says changes nothing
    all.ws.send('[{"device":"a"}]')
    await until(() => all.messages.length === 2 && one.messages.length === 1)
    expect(all.messages).toMatchObject([
      { event: 'item', data: { pipeline: 'p', node: 'a', item: 1 } },
      { event: 'item', data: { node: 'b', item: 'two' } },
    ])
    expect(one.messages).toMatchObject([{ data: { item: 'two' } }])
    const { id } = all.messages[0]
    all.ws.close()
    one.ws.close()
    await until(() => followers() === 0)
    const again = await socketTo(`${url}?after=${id}`)
    const lost = await socketTo(`${url}?after=gone-1`)
    await until(() => again.messages.length === 1 && lost.messages.length === 3)
    expect(again.messages).toMatchObject([{ data: { item: 'two' } }])
    expect(lost.messages).toMatchObject([{ event: 'gap' }, { data: { item: 1 } }, { data: { item: 'two' } }])
    for (const { ws } of [again, lost]) ws.terminate()
    await until(() => followers() === 0)
    expect(await refusalOf(`${url}?node=c`)).toContain('404')
    expect(await refusalOf(url.replace('/p/', '/q/'))).toContain('404')
  })

  it('are cut off when they do not read their WebSocket', TIME, async () => {
    const { give, url, followers } = await serve(kind)
    const slow = await socketTo(url)
    await until(() => followers() === 1)
    slow.ws.pause()
    for (let given = 0; followers() === 1 && given < 20_000; given++) {
      give('a', 'x'.repeat(20_000))
      await new Promise((resolve) => setTimeout(resolve, given % 50 === 0 ? 25 : 0))
    }
    expect(followers()).toBe(0)
    slow.ws.terminate()
  })
})
