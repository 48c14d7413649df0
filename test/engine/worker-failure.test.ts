import { describe, expect, it } from 'vitest'
import { deviceIdOf } from '../../src/core/ids.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { BALANCED, fixture, Gate, imbalance, isIdle, moment, startEngine, until } from './rig.ts'
import { counting, record } from './recorded.ts'

const POISON = 1234
const DEVICES = 20

/** Values by device, as the pipeline said them. */
function hear(engine: Engine): { heard: Map<number, number[]>; failures: unknown[] } {
  const heard = new Map<number, number[]>()
  const failures: unknown[] = []
  engine.on('failure', (error) => failures.push(error))
  engine.on('emit', ({ topic, data }) => {
    if (topic !== 'values') return
    for (const [device, value] of data as [number, number][])
      heard.set(device, [...(heard.get(device) ?? []), value])
  })
  return { heard, failures }
}

/** One series per device, counting up; device 7 sends the poison once. */
async function feed(engine: Engine, perDevice: number): Promise<void> {
  for (const round of counting(perDevice / 50)) {
    const readings = counting(50 * DEVICES).map((i) => {
      const count = round * 50 + Math.floor(i / DEVICES)
      return { device: `d${i % DEVICES}`, metric: 'value', value: 10_000 + count, time: 1e12 + count }
    })
    if (round === 1) readings[20 * DEVICES + 7].value = POISON
    expect((await engine.ingest(readings)).accepted).toBe(readings.length)
  }
}

async function deadLetters(engine: Engine): Promise<{ seen: number; entries: Record<string, unknown>[] }> {
  const { port } = await engine.listen()
  const response = await fetch(`http://127.0.0.1:${port}/v1/dead-letters`)
  return (await response.json()) as { seen: number; entries: Record<string, unknown>[] }
}

const poisoned = (by: string) => fixture('poisoned', { value: POISON, by })
const config = { anomalies: { threshold: 1000 } }

describe.each([
  { by: 'throw', cause: 'TypeError: this value again', replaces: false },
  { by: 'exit', cause: /exit/i, replaces: true },
  { by: 'hang', cause: /worker \d was in user code for more than 400 ms/, replaces: true },
])('a pipeline that comes to grief over a reading ($by)', ({ by, cause, replaces }) => {
  it('loses that reading, and only that', async () => {
    const engine = await startEngine({
      ...config,
      pipeline: poisoned(by),
      // long enough for a machine that lets a sound slice wait
      pool: { size: 2, max: 2, hangTimeoutMs: 400 },
    })
    const { heard, failures } = hear(engine)
    await feed(engine, 300)
    await until(() => isIdle(engine), 'all worked through')
    const { account, pool } = engine.stats()
    expect(account).toMatchObject({ accepted: 300 * DEVICES, deadLettered: 1, refused: 0 })
    expect(account.processed).toBe(300 * DEVICES - 1)
    expect(imbalance(account)).toEqual(BALANCED)
    expect(pool.replaced > 0).toBe(replaces)
    expect(failures).toHaveLength(pool.replaced)
    const { seen, entries } = await deadLetters(engine)
    expect(seen).toBe(1)
    expect(entries[0]).toMatchObject({
      cause: typeof cause === 'string' ? cause : (expect.stringMatching(cause) as string),
      pipeline: 'poisoned',
      reading: { device: 'd7', metric: 'value', value: POISON, time: 1e12 + 70 },
    })
    await engine.close()
    for (const i of counting(DEVICES)) {
      const expected = counting(300, 10_000).filter((value) => i !== 7 || value !== 10_070)
      expect(heard.get(deviceIdOf(`d${i}`))).toEqual(expected)
    }
  })
})

describe.each([
  { by: 'throw', cause: 'TypeError: this value again' },
  { by: 'exit', cause: /exit/i },
])('a pipeline that comes to grief over an anomaly ($by)', ({ by, cause }) => {
  it('gives that event up, and sees no other twice', async () => {
    const engine = await startEngine({
      anomalies: { warmup: 20, threshold: 6 },
      pipeline: fixture('poisoned', { value: POISON, by, events: 1 }),
      pool: { size: 1, max: 1 },
    })
    const events: [number, number][] = []
    engine.on('emit', ({ topic, data }) => {
      if (topic === 'events') events.push(...(data as [number, number][]))
    })
    // all of one device, so that its events lie in one lane, one behind the other
    const calm = counting(40).map((i) => 10 + (i % 2))
    const values = [...calm, 800, 900, POISON, 1300, 1400]
    await engine.ingest(values.map((value, i) => ({ device: 'd', metric: 'value', value, time: 1e12 + i })))
    await until(() => events.length >= 4 && isIdle(engine), 'the other events')
    const device = deviceIdOf('d')
    const { seen, entries } = await deadLetters(engine)
    expect(seen).toBe(1)
    expect(entries[0]).toMatchObject({
      cause: typeof cause === 'string' ? cause : (expect.stringMatching(cause) as string),
      reading: { device: 'd', value: POISON, time: 1e12 + 42 },
    })
    // the engine's own part in it is done: the alert has all five
    const { alerts, anomalies, account } = engine.stats()
    expect({ raised: alerts.raised, detected: anomalies.detected }).toEqual({ raised: 1, detected: 5 })
    expect(account).toMatchObject({ processed: values.length, deadLettered: 0 })
    await engine.close()
    expect(events).toEqual([800, 900, 1300, 1400].map((value) => [device, value]))
  })
})

describe('a hanging worker', () => {
  it('is not mistaken for one that is slow', async () => {
    // a dozen batches in a row take longer than the timeout, none of them does
    const engine = await startEngine({
      pipeline: fixture('recorder', { ms: 100 }),
      pool: { size: 1, max: 1, hangTimeoutMs: 1000 },
    })
    const readings = counting(3000).map((value) => ({ device: 'd', metric: 'value', value }))
    await engine.ingest(readings)
    await until(() => isIdle(engine), 'all worked through')
    expect(engine.stats()).toMatchObject({ pool: { replaced: 0 }, account: { processed: 3000 } })
  })

  it('does not keep the engine from closing', async () => {
    const engine = await startEngine({
      pipeline: poisoned('hang'),
      pool: { size: 1, max: 1, hangTimeoutMs: 400 },
      shutdownTimeoutMs: 50,
    })
    await engine.ingest([{ device: 'd', metric: 'value', value: POISON }])
    await moment(20)
    const closed = await Promise.race([engine.close().then(() => true), moment(30_000).then(() => false)])
    expect(closed).toBe(true)
    expect(imbalance(engine.stats().account)).toEqual(BALANCED)
  })

  it('does not hold up the readings of others', async () => {
    const gate = new Gate()
    const engine = await startEngine({
      pipeline: fixture('recorder', { gate: gate.path, hold: 'critical' }),
      devices: [{ name: 'bad', tier: 'critical' }],
      pool: { size: 2, max: 2 },
    })
    const { readings } = record(engine)
    await engine.ingest([{ device: 'bad', metric: 'value', value: 1 }])
    await until(() => gate.isReached, 'a worker that hangs')
    await engine.ingest(counting(50).map((i) => ({ device: `d${i}`, metric: 'value', value: i })))
    // 1 in 64 shares a shard with the bad one, and must wait
    await until(() => readings.length >= 45, 'the others worked through')
    expect(readings.some(({ tier }) => tier === 'critical')).toBe(false)
    gate.open()
    await until(() => readings.length === 51, 'all worked through')
    expect(engine.stats()).toMatchObject({ account: { deadLettered: 0 }, pool: { replaced: 0 } })
  })
})
