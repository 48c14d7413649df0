import { describe, expect, it } from 'vitest'
import type { Account, Stats } from '../../src/core/stats.ts'
import { parseConfig } from '../../src/engine/config/parse.ts'
import { CounterReader } from '../../src/engine/counter-reader.ts'
import { type Foundation, layFoundation } from '../../src/engine/foundation.ts'
import * as I from '../../src/ingest/intake-counters.ts'
import * as C from '../../src/memory/layout/counters.layout.ts'
import { placeOf } from '../../src/memory/memory-plan.ts'
import type { TestReading } from '../ingest/frames.ts'
import { BALANCED, fixture, imbalance, startEngine } from './rig.ts'
import { counting } from './recorded.ts'
import { StreamClient } from './stream-client.ts'

const LOAD_MS = 1500
/** A busy machine may take longer for as many. */
const READS = 12
const ACCEPTED = 10_000

async function statsOf(port: number): Promise<Stats> {
  return (await (await fetch(`http://127.0.0.1:${port}/v1/stats`)).json()) as Stats
}

/** Some are sound, some NaN, some off the map, some of device 0. */
function mixedReadings(first: number): TestReading[] {
  return counting(200, first).map((i) => {
    const series = (BigInt((i % 500) + (i % 37 === 0 ? 0 : 1)) << 16n) | 1n
    if (i % 41 === 0) return { series, value: NaN }
    if (i % 43 === 0) return { series, value: i, lat: 910_000_000, lon: 0 }
    return { series, value: i, time: 1e12 + i }
  })
}

const textReadings = (first: number): object[] =>
  counting(20, first).map((i) => ({
    device: `j${i % 50}`,
    metric: i % 19 === 0 ? 7 : 'value',
    value: i % 23 === 0 ? 'x' : i,
  }))

/** Sends without waiting for answers, now and then something that is not a frame. */
async function pour(client: StreamClient, goesOn: () => boolean, text: boolean): Promise<void> {
  for (let round = 1; goesOn(); round++) {
    if (client.socket.readyState !== client.socket.OPEN) return
    if (text) client.sendText({ seq: round, readings: textReadings(round * 20) })
    else client.send(round, mixedReadings(round * 200))
    if (round % 400 === 0) client.socket.send(text ? '{"seq":' : new Uint8Array([1, 2, 3]))
    if (client.socket.bufferedAmount > 500_000 || round % 8 === 0)
      await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

describe('the account, read while sockets pour in', () => {
  it.each([
    { what: 'and the built-in pipeline keeps up', pipeline: null },
    { what: 'and a pipeline of the user is too slow', pipeline: fixture('recorder', { ms: 5 }) },
  ])('balances at every read and exactly after close, $what', async ({ pipeline }) => {
    const limits = { backlogBytes: 2 * 1024 * 1024, ringWaitMs: 5 }
    const engine = await startEngine({
      pipeline,
      pool: { size: 2, max: 2 },
      limits,
      shutdownTimeoutMs: 20_000,
    })
    const { port } = await engine.listen()
    const clients = await Promise.all(counting(4).map(() => StreamClient.open(port)))
    const reads: Account[] = []
    const mustRefuse = pipeline !== null
    let isEnough = false
    const endMs = performance.now() + LOAD_MS
    const goesOn = () => performance.now() < endMs || reads.length < READS || !isEnough
    const pouring = clients.map((client, i) => pour(client, goesOn, i === 3))
    while (goesOn()) {
      const { account, refusedByReason } = await statsOf(port)
      reads.push(account)
      const refused = refusedByReason.overload + refusedByReason.ring
      isEnough = account.accepted > ACCEPTED && (!mustRefuse || refused > 0)
    }
    await Promise.all(pouring)
    for (const account of reads) expect(imbalance(account)).toEqual(BALANCED)
    expect(reads.some(({ inFlight }) => inFlight > 0)).toBe(true)
    await engine.close()
    const { account, malformedByCause, refusedByReason, tiers } = engine.stats()
    expect(imbalance(account)).toEqual(BALANCED)
    expect(account).toMatchObject({ inFlight: 0, deadLettered: 0, processed: account.accepted })
    expect(account.accepted).toBeGreaterThan(ACCEPTED)
    for (const cause of ['value', 'position', 'type']) expect(malformedByCause[cause]).toBeGreaterThan(0)
    const refusals = Object.values(refusedByReason).reduce((sum, count) => sum + count, 0)
    expect(refusals).toBe(account.refused)
    if (mustRefuse) expect(refusedByReason.overload + refusedByReason.ring).toBeGreaterThan(0)
    expect(Object.values(tiers).reduce((sum, { processed }) => sum + processed, 0)).toBe(account.processed)
    await Promise.all(clients.map((client) => client.close()))
  })
})

describe('the check of the account', () => {
  const lay = async () => layFoundation(parseConfig({ limits: { series: 1000 } }).config, 0)
  const read = (foundation: Foundation) => imbalance(new CounterReader(foundation).read().account)

  it('finds nothing wrong with an engine at rest', async () => {
    expect(read(await lay())).toEqual(BALANCED)
  })

  it.each<[string, (foundation: Foundation) => number, keyof typeof BALANCED]>([
    ['processed', ({ plan }) => placeOf.workerCounters(plan, 1) + C.WORKER_PROCESSED + 16, 'work'],
    ['accepted', ({ plan }) => plan.at.routerCounters + C.ROUTER_ACCEPTED + 8, 'work'],
    ['dead-lettered', ({ plan }) => placeOf.workerCounters(plan, 0) + C.WORKER_DEAD_LETTERED, 'work'],
    ['refused', ({ plan }) => plan.at.routerCounters + C.ROUTER_REASONS + 8, 'intake'],
    ['malformed', ({ plan }) => plan.at.routerCounters + C.ROUTER_CAUSES + 16, 'intake'],
  ])('sees that the count of %s readings is one too high', async (_, addressIn, which) => {
    const foundation = await lay()
    foundation.memory.u32[addressIn(foundation) >>> 2] += 1
    expect(read(foundation)[which]).not.toBe(0)
  })

  it('sees that the count of received readings is one too high', async () => {
    const foundation = await lay()
    foundation.memory.f64[(placeOf.intakeCounters(foundation.plan, 1) >>> 3) + I.INTAKE_RECEIVED] += 1
    expect(read(foundation)).toEqual({ ...BALANCED, intake: 1 })
  })
})
