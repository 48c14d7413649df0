import { afterEach, describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/engine/config/parse.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import { tokenHash } from '../../src/security/tokens.ts'
import { frame } from '../ingest/frames.ts'
import { Client } from '../ingest/server-fixture.ts'
import { balance, readingsOf, type RunningEngine, startEngine } from './listeners.fixture.ts'

const token = (name: string, tenant: string) =>
  ({ sha256: tokenHash(name), name, tenant, scope: 'device' }) as const
const TOKENS = [token('a1', 'acme'), token('a2', 'acme'), token('b', 'bolt')]

describe('rates through an engine', () => {
  let running: RunningEngine
  const start = async (rates: ConfigInput['rates'], more: ConfigInput = {}): Promise<void> => {
    running = await startEngine({ listeners: 1, rates, ...more })
  }
  const connect = (query = ''): Promise<Client> => new Client(running.url + query).opened()
  /** What becomes of a frame of `count` readings. Takes its time: what must be refused needs a debt of seconds before. */
  const send = async (client: Client, seq: number, count: number) => {
    client.send(frame(seq, readingsOf('pump-7', count)))
    return client.reply()
  }
  const refused = { status: 'refused', reason: 'rate' }

  afterEach(async () => {
    const { account, refusedByReason } = running.engine.stats()
    expect(balance(running.engine.stats())).toEqual({ arrived: 0, kept: 0 })
    expect(refusedByReason.rate).toBe(account.refused)
    await running.engine.close()
    expect(running.failures).toEqual([])
  })

  it('give a connection its readings per second, and its neighbours theirs', async () => {
    await start({ client: { readingsPerSecond: 100 } })
    const noisy = await connect()
    const quiet = await connect()
    // on the heels of each other, so that no second passes in between
    for (const seq of [1, 2]) noisy.send(frame(seq, readingsOf('pump-7', 100)))
    const replies = [await noisy.reply(), await noisy.reply()].sort((a, b) => a.seq - b.seq)
    expect(replies[0]).toMatchObject({ seq: 1, status: 'accepted' })
    const refusal = replies[1]
    expect(refusal).toMatchObject({ seq: 2, ...refused })
    expect(await send(quiet, 1, 50)).toMatchObject({ seq: 1, status: 'accepted' })
    // what it is told to wait is enough
    await new Promise((resolve) => setTimeout(resolve, refusal.retry_after_ms))
    expect(await send(noisy, 3, 100)).toMatchObject({ seq: 3, status: 'accepted' })
  })

  it('give a connection its frames per second', async () => {
    await start({ client: { framesPerSecond: 2 } })
    const client = await connect()
    const seqs = [1, 2, 3, 4, 5]
    for (const seq of seqs) client.send(frame(seq, readingsOf('pump-7', 1)))
    const refusedSeqs: number[] = []
    for (let answered = 0; answered < 5;) {
      const reply = await client.reply()
      // acceptance is cumulative
      if (reply.status === 'accepted') answered = Math.max(answered, reply.seq)
      else {
        expect(reply).toMatchObject(refused)
        refusedSeqs.push(reply.seq)
        answered = reply.seq
      }
    }
    expect(refusedSeqs).toEqual([3, 4, 5])
  })

  it('give a tenant its readings per second, over all its connections', async () => {
    await start({ tenant: { readingsPerSecond: 100 } }, { auth: { tokens: TOKENS } })
    const [a1, a2, b] = [await connect('?token=a1'), await connect('?token=a2'), await connect('?token=b')]
    expect(await send(a1, 1, 2000)).toMatchObject({ status: 'accepted' })
    expect(await send(a2, 1, 100)).toMatchObject({ seq: 1, ...refused })
    expect(await send(b, 1, 100)).toMatchObject({ status: 'accepted' })
  })

  it('give a tenant so many connections, and 429 for more', async () => {
    await start({ tenant: { connections: 1 } }, { auth: { tokens: TOKENS } })
    const first = await connect('?token=a1')
    await expect(connect('?token=a2')).rejects.toThrow('429')
    await connect('?token=b')
    first.ws.close()
    await first.closed
    await connect('?token=a2')
  })

  it('give an address so many connections, and its readings per second over all of them', async () => {
    await start({ address: { connections: 2, readingsPerSecond: 100 } })
    const [one, two] = [await connect(), await connect()]
    await expect(connect()).rejects.toThrow('429')
    expect(await send(one, 1, 2000)).toMatchObject({ status: 'accepted' })
    expect(await send(two, 1, 100)).toMatchObject({ seq: 1, ...refused })
  })
})

it('rates of addresses and tenants are refused where several listeners would each keep their own', () => {
  for (const whose of ['address', 'tenant']) {
    const config = { port: 9000, listeners: 2, rates: { [whose]: { connections: 1 } } }
    expect(() => parseConfig(config)).toThrow(`rates.${whose}`)
  }
})
