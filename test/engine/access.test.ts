import https from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import { tokenHash } from '../../src/security/tokens.ts'
import { frame } from '../ingest/frames.ts'
import { Client } from '../ingest/server-fixture.ts'
import { TEST_TLS } from '../ingest/websocket/tls-fixture.ts'
import { readingsOf, type RunningEngine, soon, startEngine } from './listeners.fixture.ts'

const DAY_MS = 86_400_000
const day = (from: number): string => new Date(Date.now() + from * DAY_MS).toISOString()

const TOKENS: NonNullable<ConfigInput['auth']>['tokens'] = [
  { sha256: tokenHash('device'), name: 'a gateway', scope: 'device', tenant: 'acme', expires: day(1) },
  { sha256: tokenHash('api'), name: 'a dashboard', scope: 'api' },
  { sha256: tokenHash('all'), name: 'an operator', scope: 'all' },
  { sha256: tokenHash('old-device'), name: 'a gateway of old', scope: 'device', expires: day(-1) },
  { sha256: tokenHash('old-api'), name: 'a dashboard of old', scope: 'api', expires: day(-1) },
]

interface Answer {
  readonly status: number
  readonly body: unknown
}

const ask = (port: number, path: string, token?: string, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
    const target = { host: '127.0.0.1', port, path, method, headers, rejectUnauthorized: false, agent: false }
    const request = https.request(target, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => {
        const isJson = response.headers['content-type']?.startsWith('application/json') ?? false
        resolve({ status: response.statusCode ?? 0, body: isJson ? (JSON.parse(text) as unknown) : text })
      })
    })
    request.on('error', reject).end()
  })

/** Upgrades refused by µWebSockets and by ws, on the main thread and on threads of their own. */
describe.each([
  { listeners: 1, server: 'uws' },
  { listeners: 1, server: 'ws' },
  { listeners: 2, server: 'uws' },
] as const)('TLS and tokens through an engine ($server, listeners: $listeners)', ({ listeners, server }) => {
  let running: RunningEngine
  beforeAll(async () => {
    running = await startEngine({ listeners, server, tls: TEST_TLS, auth: { tokens: TOKENS } })
  })
  afterAll(async () => {
    await running.engine.close()
    expect(running.failures).toEqual([])
  })
  const url = (query: string): string => `wss://127.0.0.1:${running.port}/v1/stream${query}`
  const connect = (token?: string): Promise<Client> =>
    new Client(url(''), token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } }).opened()

  it('takes the readings of those who may stream, and answers them', async () => {
    const clients = [
      await connect('device'),
      await connect('all'),
      await new Client(url('?token=device')).opened(),
    ]
    for (const client of clients) {
      client.send(frame(1, readingsOf('pump-7', 10)))
      expect(await client.reply()).toMatchObject({ seq: 1, status: 'accepted' })
    }
    await soon(() => running.engine.stats().account.processed === 30)
    expect(running.engine.stats().connections).toBe(3)
    for (const { ws } of clients) ws.close()
    await Promise.all(clients.map(({ closed }) => closed))
  })

  it.each([
    ['none', undefined, 401],
    ['one that nobody knows', 'guessed', 401],
    ['one that has expired', 'old-device', 401],
    ['one for the API alone', 'api', 403],
  ])('refuses a stream before the upgrade when the token is %s', async (_, token, status) => {
    await expect(connect(token)).rejects.toThrow(String(status))
    const query = token === undefined ? '' : `?token=${token}`
    await expect(new Client(url(query)).opened()).rejects.toThrow(String(status))
    await soon(() => running.engine.stats().connections === 0)
  })

  it.each(['/v1/stats', '/metrics', '/v1/alerts', '/v1/quarantine', '/v1/devices/pump-7'])(
    'opens %s to those who may use the API',
    async (path) => {
      for (const token of ['api', 'all'])
        expect((await ask(running.port, path, token)).status).not.toBeOneOf([401, 403])
      for (const token of [undefined, 'guessed', 'old-api']) {
        const answer = await ask(running.port, path, token)
        expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized', retryable: false } })
      }
      expect(await ask(running.port, path, 'device')).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      })
    },
  )

  it('changes nothing for a token that may only stream', async () => {
    expect(await ask(running.port, '/v1/devices/pump-7', 'device', 'DELETE')).toMatchObject({ status: 403 })
  })

  it('says to everybody whether it is well', async () => {
    expect(await ask(running.port, '/healthz')).toMatchObject({ status: 200 })
    expect(await ask(running.port, '/readyz')).toMatchObject({ status: 200 })
  })

  it('does not speak without TLS on that port', async () => {
    await expect(fetch(`http://127.0.0.1:${running.port}/healthz`)).rejects.toThrow()
    await expect(new Client(url('').replace('wss', 'ws')).opened()).rejects.toThrow()
  })
})
