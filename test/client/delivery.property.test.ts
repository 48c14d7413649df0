import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { GivenUp } from '../../src/client/events.ts'
import { connectOver, type NodeClientOptions } from '../../src/client/node.ts'
import { seededRandom } from '../../src/core/random.ts'
import { LossyServer, type Faults } from './lossy-server.ts'
import { VirtualClock } from './virtual-clock.ts'

const NONE: Faults = {
  refuseConnection: 0,
  breakConnection: 0,
  silence: 0,
  refuseFrame: 0,
  refusePart: 0,
}
const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1)
const READINGS = 1500

/** Some faults, each often, seldom or never. */
function faultsOf(random: () => number): Faults {
  const some = (most: number) => (random() < 0.3 ? 0 : random() * most)
  return {
    refuseConnection: some(0.5),
    breakConnection: some(0.05),
    silence: some(0.02),
    refuseFrame: some(0.3),
    refusePart: some(0.3),
  }
}

/** Sends READINGS readings to a server with the seed's faults and returns what became of them. */
async function run(seed: number, options: Partial<NodeClientOptions>, restarts = 0) {
  const random = seededRandom(seed * 7919)
  for (let i = 0; i < 40; i++) random()
  const clock = new VirtualClock()
  const server = new LossyServer(faultsOf(random), clock, random)
  const acknowledged = new Map<number, number>()
  const givenUp = new Map<number, GivenUp>()
  const seqs: number[] = []
  const connect = async () => {
    const client = await connectOver(server.open, {
      url: 'ws://virtual',
      clock,
      random,
      batchReadings: 7,
      lingerMs: 3,
      bufferFrames: 40,
      replyTimeoutMs: 400,
      pingMs: 200,
      retryMs: random() < 0.5 ? 1 : 50,
      retryMaxMs: 1000,
      onGivenUp: (what) => what.readings.forEach(({ value }) => givenUp.set(value, what)),
      ...options,
    })
    client.on('sealed', ({ seq }) => seqs.push(seq))
    client.on('acknowledged', (frame, except) =>
      frame.readings().forEach(({ value }, i) => {
        if (!except.includes(i)) acknowledged.set(value, (acknowledged.get(value) ?? 0) + 1)
      }),
    )
    return client
  }
  let client = await connect()
  for (let value = 1, steps = 0; value <= READINGS; steps++) {
    if (steps > 200_000) throw new Error(`stuck at reading ${value}: ${JSON.stringify(client.stats())}`)
    if (random() < 0.01) server.malformedValues.add(value)
    if (client.write(1 + (value % 5), 1, value)) value++
    else await clock.pass(5)
    if (random() < 0.05) await clock.pass(random() * 20)
    if (restarts > 0 && random() < 0.005) {
      restarts--
      while (!client.seal()) await clock.pass(5)
      const closing = client.close({ drainMs: 0 })
      await clock.pass(1)
      await closing
      client = await connect()
    }
  }
  server.faults = random() < 0.5 ? NONE : server.faults
  let isFlushed = false
  void client.flush().then(() => (isFlushed = true))
  for (let i = 0; i < 3000 && !isFlushed; i++) await clock.pass(100)
  expect({ seed, isFlushed }).toEqual({ seed, isFlushed: true })
  const stats = client.stats()
  const closing = client.close()
  await clock.pass(1)
  expect(await closing).toBe(0)
  return { server, acknowledged, givenUp, seqs, stats }
}

describe('the client, against a server on virtual time with seeded faults', () => {
  it.each(SEEDS)(
    'seed %i: each reading is taken and acknowledged once, or given up out loud',
    async (seed) => {
      const { server, acknowledged, givenUp, seqs, stats } = await run(seed, {})
      expect(server.offences).toEqual([])
      for (let value = 1; value <= READINGS; value++) {
        const bad = server.malformedValues.has(value)
        const what = { seed, value, taken: server.taken.get(value) ?? 0, told: acknowledged.get(value) ?? 0 }
        expect(what).toEqual({ seed, value, taken: bad ? 0 : 1, told: bad ? 0 : 1 })
        expect(givenUp.has(value)).toBe(bad)
      }
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
      expect(stats.sent).toBe(READINGS)
      expect(stats.acknowledged + stats.givenUp).toBe(READINGS)
    },
  )

  it.each(SEEDS)('seed %i: what is given up after some tries was not taken', async (seed) => {
    const { server, acknowledged, givenUp } = await run(seed, { maxTries: 2 })
    for (let value = 1; value <= READINGS; value++) {
      const taken = server.taken.get(value) ?? 0
      expect({ seed, value, fate: taken + Number(givenUp.has(value)) }).toEqual({ seed, value, fate: 1 })
      expect(acknowledged.get(value) ?? 0).toBe(taken)
    }
  })

  it.each(SEEDS.slice(0, 5))('seed %i: with a folder, the same across restarts', async (seed) => {
    const folder = mkdtempSync(join(tmpdir(), 'client-'))
    try {
      const { server, acknowledged, givenUp } = await run(seed, { folder, memoryBytes: 2000 }, 3)
      expect(server.offences).toEqual([])
      for (let value = 1; value <= READINGS; value++) {
        const bad = server.malformedValues.has(value)
        const what = { seed, value, taken: server.taken.get(value) ?? 0, told: acknowledged.get(value) ?? 0 }
        expect(what).toEqual({ seed, value, taken: bad ? 0 : 1, told: bad ? 0 : 1 })
        expect(givenUp.has(value)).toBe(bad)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
