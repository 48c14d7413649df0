import { describe, expect, it } from 'vitest'
import { deviceIdOf, seriesKey } from '../../src/core/ids.ts'
import { TIERS, type Tier } from '../../src/core/tiers.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { BALANCED, fixture, Gate, imbalance, isIdle, startEngine, until } from './rig.ts'
import { counting, record, valuesBySeries } from './recorded.ts'
import { StreamClient } from './stream-client.ts'

const devices = TIERS.map((tier) => ({ name: tier, tier }))
const MIB = 1024 * 1024

/** What is offered stays where it is until the gate is opened. */
const stuck = (config: Parameters<typeof startEngine>[0] = {}, gate = new Gate()) =>
  startEngine({
    pipeline: fixture('recorder', { gate: gate.path }),
    devices,
    pool: { size: 1, max: 1 },
    shutdownTimeoutMs: 0,
    ...config,
    limits: { backlogBytes: MIB, ...config.limits },
  })

/** Offers readings of the tier until some are refused. */
async function fill(engine: Engine, tier: Tier): Promise<number> {
  let taken = 0
  for (;;) {
    const { accepted, refused, reason, retryable } = await engine.ingest(
      counting(500).map((value) => ({ device: tier, metric: 'value', value })),
    )
    taken += accepted
    if (refused.length === 0) continue
    expect({ reason, retryable, sum: accepted + refused.length }).toEqual({
      ...{ reason: 'overload', retryable: true, sum: 500 },
    })
    return taken
  }
}

const canTake = async (engine: Engine, tier: Tier): Promise<boolean> =>
  (await engine.ingest([{ device: tier, metric: 'value', value: 1 }])).accepted === 1

describe('overload', () => {
  it('refuses bulk first, then standard, then premium, and critical last', async () => {
    const engine = await stuck()
    const taken: number[] = []
    for (const tier of [...TIERS].reverse()) {
      taken.push(await fill(engine, tier))
      const index = TIERS.indexOf(tier)
      for (const above of TIERS.slice(0, index)) expect(await canTake(engine, above)).toBe(true)
    }
    // each tier could still add to what the tiers below had filled
    for (const count of taken) expect(count).toBeGreaterThan(500)
    const { tiers, refusedByReason, account } = engine.stats()
    for (const tier of TIERS) expect(tiers[tier].refused).toBeGreaterThan(0)
    expect(refusedByReason.overload).toBe(account.refused)
    expect(imbalance(account)).toEqual(BALANCED)
  })

  it('still lets anomaly events through when all readings are refused', async () => {
    const gate = new Gate()
    const engine = await stuck({ anomalies: { warmup: 10, threshold: 6 } }, gate)
    await engine.ingest(counting(50).map((i) => ({ device: 'sick', metric: 'value', value: i % 2 })))
    for (const tier of [...TIERS].reverse()) await fill(engine, tier)
    // its lane has room in the block that is open
    const { accepted } = await engine.ingest([{ device: 'sick', metric: 'value', value: 1000 }])
    expect(accepted).toBe(1)
    expect(await canTake(engine, 'bulk')).toBe(false)
    gate.open()
    await until(() => engine.stats().alerts.open === 1, 'the alert')
  })

  it('answers every refusal over a socket, keeps what it accepted and recovers by itself', async () => {
    const gate = new Gate()
    const engine = await startEngine({
      pipeline: fixture('recorder', { gate: gate.path }),
      devices: [{ name: 'bulk', tier: 'bulk' }],
      pool: { size: 1, max: 1 },
      limits: { backlogBytes: MIB },
    })
    const { readings } = record(engine)
    const { port } = await engine.listen()
    const client = await StreamClient.open(port)
    const series = seriesKey(deviceIdOf('bulk'), 1)
    const FRAMES = 100
    for (const i of counting(FRAMES))
      client.send(
        i + 1,
        counting(500, i * 500).map((value) => ({ series, value })),
      )
    await client.answered(FRAMES)
    gate.open()
    await until(() => isIdle(engine), 'all worked through')
    const { account } = engine.stats()
    expect(account.refused).toBeGreaterThan(0)
    const refused = client.answers.flatMap(({ seq, status, reason, retryAfterMs, refused }) => {
      expect({ status, reason }).toEqual({ status: 'refused', reason: 'overload' })
      expect(retryAfterMs).toBeGreaterThan(0)
      return (refused ?? counting(500)).map((index) => (seq - 1) * 500 + index)
    })
    expect(refused).toHaveLength(account.refused)
    const missing = new Set(refused)
    const expected = counting(FRAMES * 500).filter((value) => !missing.has(value))
    await until(() => readings.length >= expected.length, 'all heard of')
    expect(valuesBySeries(readings).get(String(series))).toEqual(expected)
    client.send(FRAMES + 1, [{ series, value: 7 }])
    await client.answered(FRAMES + 1)
    expect(client.acceptedUpTo).toBe(FRAMES + 1)
    await client.close()
    expect(imbalance(engine.stats().account)).toEqual(BALANCED)
  })

  it('answers JSON senders too, with the indexes of those not taken', async () => {
    const engine = await stuck({ devices: [...devices, { name: 'other', tier: 'bulk' }] })
    const { port } = await engine.listen()
    await fill(engine, 'bulk')
    const client = await StreamClient.open(port)
    const reading = (device: string) => ({ device, metric: 'value', value: 1 })
    client.sendText({
      seq: 1,
      readings: [reading('critical'), reading('other'), reading('premium'), reading('other')],
    })
    await client.answered(1)
    const [answer] = client.answers
    expect(answer).toMatchObject({ seq: 1, status: 'refused', reason: 'overload', refused: [1, 3] })
    expect(answer.retryAfterMs).toBeGreaterThan(0)
    await client.close()
  })
})

describe('admission', () => {
  it('refuses devices and metrics that are not known, where told to', async () => {
    const engine = await startEngine({
      admission: 'known',
      devices: [{ name: 'known' }],
      metrics: { temperature: {} },
    })
    const { port } = await engine.listen()
    const reading = (device: string, metric: string) => ({ device, metric, value: 1 })
    const mixed = [
      reading('known', 'temperature'),
      reading('stranger', 'value'),
      reading('known', 'humidity'),
    ]
    const result = await engine.ingest(mixed)
    expect(result).toEqual({ accepted: 1, refused: [1, 2], reason: 'unknown-device', retryable: false })
    const client = await StreamClient.open(port)
    client.send(1, [
      { series: seriesKey(deviceIdOf('known'), 1), value: 1 },
      { series: seriesKey(deviceIdOf('stranger'), 1), value: 2 },
    ])
    await client.answered(1)
    expect(client.answers).toMatchObject([{ status: 'refused', reason: 'unknown-device', refused: [1] }])
    client.sendText({ seq: 2, readings: mixed })
    await client.answered(2)
    expect(client.answers[1]).toMatchObject({ seq: 2, status: 'refused', refused: [1, 2] })
    // known from now on
    await fetch(`http://127.0.0.1:${port}/v1/devices/stranger`, { method: 'PUT', body: '{}' })
    client.send(3, [{ series: seriesKey(deviceIdOf('stranger'), 1), value: 2 }])
    await client.answered(3)
    expect(client.acceptedUpTo).toBe(3)
    await client.close()
    const { refusedByReason, account } = engine.stats()
    expect(refusedByReason).toMatchObject({ 'unknown-device': 3, 'unknown-metric': 2 })
    expect(imbalance(account)).toEqual(BALANCED)
  })

  it('refuses a binary reading of a metric that is in no dictionary', async () => {
    const engine = await startEngine()
    const room = engine.writer().claim(2)!
    room.set(0, 5, 999, 1)
    room.set(1, 5, 1, 1)
    expect(await room.commitAcknowledged()).toMatchObject({
      accepted: 1,
      refused: [0],
      reason: 'unknown-metric',
    })
  })

  it('refuses new series beyond limits.series, and none before', async () => {
    const engine = await startEngine({ limits: { series: 1000 } })
    const series = (from: number, to: number) =>
      counting(to - from, from).map((i) => ({ device: `d${i}`, metric: 'value', value: 1 }))
    expect(await engine.ingest(series(0, 1000))).toMatchObject({ accepted: 1000, refused: [] })
    const beyond = await engine.ingest(series(990, 1010))
    expect(beyond).toMatchObject({
      accepted: 10,
      refused: counting(10, 10),
      reason: 'series-limit',
      retryable: false,
    })
    expect(engine.stats()).toMatchObject({ series: 1000, refusedByReason: { 'series-limit': 10 } })
  })

  it('refuses the device that sends too much, and not its neighbour', async () => {
    const engine = await startEngine({ rates: { device: { readingsPerSecond: 100 } } })
    const both = counting(400).flatMap((i) => [
      { device: 'noisy', metric: 'value', value: i },
      ...(i % 10 === 0 ? [{ device: 'quiet', metric: 'value', value: i }] : []),
    ])
    const { refused, reason, retryable } = await engine.ingest(both)
    expect({ reason, retryable }).toEqual({ reason: 'rate', retryable: true })
    expect(refused.length).toBeGreaterThanOrEqual(200)
    expect(refused.every((index) => both[index].device === 'noisy')).toBe(true)
    for (let taken = 0; taken === 0;) ({ accepted: taken } = await engine.ingest(both.slice(0, 1)))
    expect(imbalance(engine.stats().account)).toEqual(BALANCED)
  })
})
