import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { canMount, dataFolder, type Medium, plainFolder, smallMedium } from '../torture/medium.ts'
import { type Answer, binaryFrame, readAnswer } from '../torture/wire.ts'
import { type SentReading, SeriesAccount } from '../torture/series-account.ts'
import { Server } from '../torture/server.ts'
import { freePort } from './listeners.fixture.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const servers: Server[] = []
const media: Medium[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) await server.kill()
  for (const medium of media.splice(0)) medium.remove()
})

function newMedium(medium = plainFolder()): Medium {
  media.push(medium)
  return medium
}

async function serve(medium: Medium, config: Record<string, unknown> = {}): Promise<Server> {
  const folder = join(medium.path, 'config')
  mkdirSync(folder, { recursive: true })
  const server = await Server.start({
    ...{ root, folder },
    config: {
      ...{ port: 0, durability: 'journal', dataDir: dataFolder(medium) },
      journal: { segmentBytes: 1024 * 1024, retainBytes: 0 },
      limits: { series: 10_000, devices: 10_000 },
      pool: { max: 1 },
      ...config,
    },
  })
  servers.push(server)
  await server.ready()
  return server
}

/** A named client's connection. */
class Device {
  readonly answers: Answer[] = []
  readonly #socket: WebSocket

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data, isBinary) => this.answers.push(readAnswer(data as Buffer, isBinary)))
  }

  static async open({ port }: Server, client: string): Promise<Device> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream?client=${client}`)
    const device = new Device(socket)
    await once(socket, 'open')
    return device
  }

  send(seq: number, readings: readonly SentReading[], filling = 0): void {
    this.#socket.send(binaryFrame(seq, readings, filling))
  }

  async answer(server: Server, seq: number): Promise<Answer> {
    const find = (): Answer | undefined =>
      this.answers.find((one) => one.seq === seq || (one.status === 'accepted' && one.seq > seq))
    await server.until(() => find() !== undefined, `an answer to ${seq}`)
    return find()!
  }
}

async function countOf(server: Server, { device }: SeriesAccount): Promise<number> {
  const isIdle = async (): Promise<boolean> => (await server.stats()).account.inFlight === 0
  await server.until(isIdle, 'all processed')
  return (await server.get<{ count: number }>(`/v1/series/${device}/value`)).count
}

const makeSome = (account: SeriesAccount, count = 3): SentReading[] =>
  Array.from({ length: count }, () => account.make())

describe('A frame with the same client and number', { timeout: 120_000 }, () => {
  it('is taken once, and answered again, however the server ends meanwhile', async () => {
    const medium = newMedium()
    const account = new SeriesAccount('pump')
    const frames = [1, 2, 3].map((seq) => ({ seq, readings: makeSome(account) }))
    let server = await serve(medium)
    const sendAll = async (): Promise<void> => {
      const device = await Device.open(server, 'gateway')
      for (const { seq, readings } of frames) device.send(seq, readings)
      expect(await device.answer(server, 3)).toMatchObject({ status: 'accepted', seq: 3 })
      expect(await countOf(server, account)).toBe(9)
    }
    await sendAll()
    await sendAll()
    expect(await server.stop()).toBe(0)
    server = await serve(medium)
    expect((await server.stats()).durability).toMatchObject({ replayed: 0 })
    await sendAll()
    await server.kill()
    server = await serve(medium)
    await sendAll()
    const other = await Device.open(server, 'another')
    other.send(3, makeSome(account))
    await other.answer(server, 3)
    expect(await countOf(server, account)).toBe(12)
  })

  it('is refused when it is too old to be told from a new one', async () => {
    const server = await serve(newMedium())
    const account = new SeriesAccount('pump')
    const device = await Device.open(server, 'gateway')
    for (const seq of [1, 300]) {
      device.send(seq, makeSome(account))
      await device.answer(server, seq)
    }
    device.answers.length = 0
    device.send(2, makeSome(account))
    expect(await device.answer(server, 2)).toMatchObject({ seq: 2, status: 'refused', reason: 'sequence' })
    expect(await countOf(server, account)).toBe(6)
  })
})

describe('Two listeners with a journal', { timeout: 120_000 }, () => {
  it('lose nothing that they acknowledged', async () => {
    const medium = newMedium()
    const config = { listeners: 2, port: await freePort() }
    const server = await serve(medium, config)
    const accounts = Array.from({ length: 6 }, (_, i) => new SeriesAccount(`pump-${i}`))
    for (const account of accounts) {
      const device = await Device.open(server, account.device)
      device.send(1, makeSome(account, 20))
      await device.answer(server, 1)
    }
    await server.kill()
    const later = await serve(medium, config)
    for (const account of accounts) expect(await countOf(later, account)).toBe(20)
  })
})

describe('A full disk', { timeout: 120_000 }, () => {
  it.skipIf(!canMount())('stops acknowledgements, not the rest, and is got over', async () => {
    const medium = newMedium(smallMedium())
    const server = await serve(medium)
    const account = new SeriesAccount('pump')
    const device = await Device.open(server, 'gateway')
    device.send(1, makeSome(account))
    expect(await device.answer(server, 1)).toMatchObject({ status: 'accepted' })
    const release = medium.fill!()
    let seq = 1
    const lastReason = (): string => device.answers.at(-1)?.reason ?? ''
    await server.until(() => {
      device.send(++seq, makeSome(account), 50_000)
      return lastReason() === 'storage'
    }, 'refusals')
    const stats = await server.stats()
    expect(stats.durability?.storage.status).not.toBe('ok')
    release()
    const isWell = async (): Promise<boolean> => (await server.stats()).durability?.storage.status === 'ok'
    await server.until(isWell, 'room again')
    device.answers.length = 0
    device.send(++seq, makeSome(account))
    expect(await device.answer(server, seq)).toMatchObject({ status: 'accepted' })
    await server.kill()
    const { refused } = stats.account
    expect(refused).toBeGreaterThan(0)
    expect((await (await serve(medium)).stats()).account.refused).toBe(0)
  })
})
