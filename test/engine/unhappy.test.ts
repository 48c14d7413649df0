import { deflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { FrameCheck } from '../../src/ingest/decode/frame-check.ts'
import { frame, someReadings } from '../ingest/frames.ts'
import { below, mutate } from '../ingest/mutations.ts'
import { Client, clientFrame, rawStream } from '../ingest/server-fixture.ts'
import { balance, readingsOf, type RunningEngine, soon, startEngine } from './listeners.fixture.ts'

const FRAMES = Number(process.env['MILLRACE_FUZZ'] ?? 3000)
const SEED = Number(process.env['MILLRACE_SEED'] ?? 20261121)
const MALFORMED_BEFORE_END = 16
const FRAME_BYTES = 1 << 20

/** What the engine is to make of messages: readings found in them, and those that are no frame. */
class Expectation {
  readings = 0
  malformed = 0
  readonly #bytes = new Uint8Array(1 << 16)
  readonly #check = new FrameCheck(this.#bytes, new Int32Array(this.#bytes.buffer))

  /** Returns whether the message is a frame. */
  note(message: Uint8Array): boolean {
    this.#bytes.fill(0)
    this.#bytes.set(message)
    const isFrame = this.#check.check(0, message.length) === ''
    if (isFrame) this.readings += this.#check.readingCount
    else this.malformed++
    return isFrame
  }
}

/** Each over a real socket, through listener, ring, router and workers; those of the upgrade are in access.test.ts. */
describe.each([1, 2])('unhappy input (listeners: %i)', (listeners) => {
  let running: RunningEngine
  let clients: Client[] = []
  beforeEach(async () => {
    running = await startEngine({ listeners, limits: { framesInFlight: 65_535 } })
  })
  afterEach(async () => {
    for (const { ws } of clients) ws.terminate()
    clients = []
    // whatever came, the next one is served, and every reading is where the account says
    const client = await new Client(running.url).opened()
    client.send(frame(1, readingsOf('neighbour', 5)))
    expect(await client.reply()).toMatchObject({ seq: 1, status: 'accepted' })
    await soon(() => running.engine.stats().account.inFlight === 0)
    expect(balance(running.engine.stats())).toEqual({ arrived: 0, kept: 0 })
    client.ws.terminate()
    await running.engine.close()
    expect(running.failures).toEqual([])
  })
  const connect = async (): Promise<Client> => {
    const client = await new Client(running.url).opened()
    clients.push(client)
    return client
  }

  it(
    `counts every reading of mutated frames (${FRAMES} frames, seed ${SEED})`,
    { timeout: 3_600_000 },
    async () => {
      const random = seededRandom(SEED)
      const seeds = [0, 1, 3, 40].map((count) => frame(count, someReadings(count)))
      const expected = new Expectation()
      for (let sent = 0; sent < FRAMES;) {
        const client = await connect()
        for (let malformed = 0; sent < FRAMES && malformed < MALFORMED_BEFORE_END; sent++) {
          const message = mutate(seeds[below(random, seeds.length)], random)
          if (!expected.note(message)) malformed++
          client.send(message)
        }
        if (sent < FRAMES) expect(await client.closed).toBe(1007)
        else await soon(() => received() === expected.readings + expected.malformed)
      }
      expect(received()).toBe(expected.readings + expected.malformed)
      expect(running.engine.stats().malformedByCause.frame).toBe(expected.malformed)
      expect(expected.malformed).toBeGreaterThan(FRAMES / 10)
      expect(expected.readings).toBeGreaterThan(FRAMES / 10)
    },
  )
  const received = (): number => running.engine.stats().account.received

  it.each([
    ['one more than there are', 3],
    ['as many as 32 bits can say', 0xffff_ffff],
    ['so many that their bytes overflow', 0x0800_0001],
  ])('answers a vector that lies about its length: %s', async (_, length) => {
    const message = frame(1, someReadings(2))
    const view = new DataView(message.buffer, message.byteOffset)
    let at = 0
    while (view.getUint32(at, true) !== 2) at += 4
    view.setUint32(at, length, true)
    const client = await connect()
    client.send(message)
    const { status, reason } = await client.reply()
    expect(status).toBe('malformed')
    expect(reason).toMatch(/^frame: the vector says \d+ readings/)
    expect(running.engine.stats().account).toMatchObject({ received: 1, malformed: 1 })
  })

  it('refuses readings of a metric that nobody has defined', async () => {
    const client = await connect()
    const [known] = readingsOf('pump', 1)
    client.send(frame(1, [known, { ...known, series: known.series + 998n }]))
    expect(await client.reply()).toMatchObject({
      ...{ seq: 1, status: 'refused', reason: 'unknown-metric', refused: [1] },
    })
  })

  it('answers a message of one byte more than a message may have, and closes', async () => {
    const client = await connect()
    client.send(new Uint8Array(FRAME_BYTES + 1))
    expect(await client.reply()).toMatchObject({
      status: 'malformed',
      reason: expect.stringMatching(/^size: 1048577 bytes/) as string,
    })
    expect(await client.closed).toBe(1009)
  })

  it('does not unpack a compression bomb', async () => {
    const bomb = deflateRawSync(Buffer.alloc(32 << 20))
    expect(bomb.length).toBeLessThan(65_536)
    const socket = await rawStream(running.port)
    const closed = new Promise((resolve) => socket.on('close', resolve))
    const before = process.memoryUsage.rss()
    socket.write(clientFrame(0xc2, bomb))
    socket.resume()
    await closed
    expect(process.memoryUsage.rss() - before).toBeLessThan(16 << 20)
    expect(received()).toBe(0)
  })
})
