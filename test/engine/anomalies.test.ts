import { describe, expect, it } from 'vitest'
import type { Alert } from '../../src/core/alert.ts'
import { isIdle, moment, startEngine, until } from './rig.ts'
import { counting } from './recorded.ts'

const anomalies = { warmup: 20, threshold: 6, clearRatio: 0.5, clearAfter: 3, smoothing: 0.05 }
const CALM = counting(40).map((i) => 10 + (i % 2))

const readings = (values: readonly number[], device = 'pump', first = 0) =>
  values.map((value, i) => ({ device, metric: 'value', value, time: 1e12 + first + i }))

/** Follows the stream of alerts; returns the events heard so far. */
async function follow(port: number): Promise<{ events: string[]; stop: () => void }> {
  const abort = new AbortController()
  const response = await fetch(`http://127.0.0.1:${port}/v1/alerts/stream`, { signal: abort.signal })
  const events: string[] = []
  const reading = (async () => {
    let text = ''
    for await (const chunk of response.body!) {
      text += Buffer.from(chunk as Uint8Array).toString()
      events.splice(0, Infinity, ...[...text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name))
    }
  })()
  reading.catch(() => undefined)
  return { events, stop: () => abort.abort() }
}

describe('anomalies', () => {
  it('raise one alert, update it, and clear it when the series has been calm for a while', async () => {
    const engine = await startEngine({ anomalies, devices: [{ name: 'pump', tier: 'premium' }] })
    const { port } = await engine.listen()
    const stream = await follow(port)
    const told: [string, Alert][] = []
    engine.on('alert', (alert, change) => told.push([change, alert]))
    // calm readings between the anomalies, fewer than clear it
    await engine.ingest(readings([...CALM, 500, 600, 10, 11, 400, 10, 11, 10, 11, 10]))
    await until(() => told.some(([change]) => change === 'resolved'), 'resolved')
    expect(told.map(([change]) => change)).toEqual(['raised', 'updated', 'updated', 'resolved'])
    const raised = told[0][1]
    expect(raised).toMatchObject({
      ...{ rule: 'anomaly', device: 'pump', metric: 'value', state: 'firing', severity: 'high' },
      ...{ startsAt: 1e12 + 40, value: 500, count: 1, endsAt: null },
    })
    const resolved = told[3][1]
    expect(resolved).toMatchObject({ id: raised.id, state: 'resolved', count: 3, endsAt: 1e12 + 47 })
    expect(resolved.peak).toBeGreaterThanOrEqual(Math.abs(raised.score))
    await until(() => stream.events.length === 2, 'the stream')
    expect(stream.events).toEqual(['raised', 'resolved'])
    const listed = (await (await fetch(`http://127.0.0.1:${port}/v1/alerts`)).json()) as {
      open: number
      raised: number
      alerts: Alert[]
    }
    expect(listed).toMatchObject({ open: 0, raised: 1 })
    expect(listed.alerts).toEqual([resolved])
    expect(engine.stats()).toMatchObject({ alerts: { open: 0, raised: 1 }, anomalies: { detected: 4 } })
    stream.stop()
  })

  it('are told per series: two devices, two alerts', async () => {
    const engine = await startEngine({ anomalies })
    const opened: string[] = []
    engine.on('alert', ({ device }, change) => change === 'raised' && opened.push(device))
    const values = [...CALM, 500, 500, 500]
    await engine.ingest([...readings(values, 'a'), ...readings(values, 'b'), ...readings(CALM, 'c')])
    await until(() => isIdle(engine) && opened.length === 2, 'two alerts')
    await moment(20)
    expect(opened.sort()).toEqual(['a', 'b'])
    expect(engine.stats().alerts).toMatchObject({ open: 2, raised: 2 })
  })

  it('can be raised again after they have been cleared', async () => {
    const engine = await startEngine({ anomalies })
    const changes: string[] = []
    engine.on('alert', (_, change) => changes.push(change))
    await engine.ingest(readings([...CALM, 500, ...CALM, 500, ...CALM]))
    await until(() => changes.length === 4, 'twice')
    expect(changes).toEqual(['raised', 'resolved', 'raised', 'resolved'])
  })

  it('are not told while a series is young, nor on the side nobody asked for', async () => {
    const engine = await startEngine({ anomalies, metrics: { level: { direction: 'low' } } })
    const changes: string[] = []
    engine.on('alert', ({ value }, change) => changes.push(`${change} ${value}`))
    await engine.ingest(readings([10, 11, 10, 500, 10, 11], 'young'))
    const level = [...CALM, 500, 10, 11, 10, 11, ...CALM, -500]
    await engine.ingest(readings(level, 'tank').map((reading) => ({ ...reading, metric: 'level' })))
    await until(() => isIdle(engine) && changes.length > 0, 'one alert')
    await moment(20)
    expect(changes).toEqual(['raised -500'])
  })

  it('come and go in order whoever works on them', async () => {
    const engine = await startEngine({
      anomalies: { ...anomalies, clearAfter: 1 },
      pool: { size: 4, max: 4 },
    })
    const changes = new Map<string, string[]>()
    engine.on('alert', ({ device }, change) => {
      if (change !== 'updated') changes.set(device, [...(changes.get(device) ?? []), change])
    })
    const names = counting(8).map((i) => `d${i}`)
    await engine.ingest(names.flatMap((name) => readings(CALM, name)))
    for (const round of counting(60)) {
      await engine.ingest(names.flatMap((name) => readings([1e6 * (round + 1)], name, 100 + 50 * round)))
      // as many as it takes for the deviation to come down again
      await engine.ingest(names.flatMap((name) => readings(CALM, name, 101 + 50 * round)))
    }
    const detected = (): number => engine.stats().anomalies.detected
    await until(() => isIdle(engine) && detected() > names.length * 10, 'all worked through')
    await moment(50)
    for (const name of names) {
      const own = changes.get(name) ?? []
      expect(own).toEqual(own.map((_, i) => (i % 2 === 0 ? 'raised' : 'resolved')))
    }
    const { open, raised } = engine.stats().alerts
    expect([...changes.values()].flat().filter((change) => change === 'raised')).toHaveLength(raised)
    expect(open).toBe([...changes.values()].filter((own) => own.at(-1) === 'raised').length)
  })
})
