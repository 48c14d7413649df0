/** The life of alerts from outside: two workers at work, and an engine that ends without a word. */
import { describe, expect, it } from 'vitest'
import type { Alert } from '../../src/core/alert.ts'
import { killedNow, newFolder, startDurable } from './durable-rig.ts'
import { isIdle, startEngine, until } from './rig.ts'
import { counting } from './recorded.ts'

const anomalies = { warmup: 20, threshold: 6, clearRatio: 0.5, clearAfter: 3, smoothing: 0.05 }
const CALM = counting(40).map((i) => 10 + (i % 2))

const readings = (device: string, values: readonly number[], first = 0) =>
  values.map((value, i) => ({ device, metric: 'value', value, time: 1e12 + first + i }))

describe('alerts of an engine', () => {
  it('are one per rule and series, however close its readings and whoever works on them', async () => {
    const engine = await startEngine({ anomalies, pool: { size: 2, max: 2 } })
    const names = counting(50).map((i) => `pump-${i}`)
    const raised: string[] = []
    engine.on('alert', ({ id, device }, change) => change === 'raised' && raised.push(`${device} ${id}`))
    await engine.ingest(names.flatMap((name) => readings(name, CALM)))
    // each a millisecond after the other, in frames of their own
    for (const i of counting(10))
      await engine.ingest(names.flatMap((name) => readings(name, [1e6 * (i + 1)], 100 + i)))
    await until(() => isIdle(engine) && raised.length >= names.length, 'alerts')
    const { alerts } = engine.alerts.list({ limit: 1000 })
    expect(alerts.map(({ device }) => device).sort()).toEqual([...names].sort())
    expect(raised).toHaveLength(names.length)
    expect(new Set(raised).size).toBe(names.length)
    const [{ evidence, labels }] = alerts
    expect(evidence[0]).toMatchObject({ value: 1e6, time: 1e12 + 100 })
    expect(evidence[0].mean).toBeGreaterThan(9)
    expect(evidence[0].deviation).toBeGreaterThan(0)
    expect(labels).toMatchObject({ rule: 'anomaly', severity: 'high', metric: 'value', tier: 'standard' })
    expect(engine.stats().alerts.standings.firing.high).toBe(names.length)
  })

  it('keep what people did to them when the engine ends without a word', async () => {
    const folder = newFolder()
    const engine = await startDurable(folder, { anomalies })
    const told: string[] = []
    engine.on('alert', ({ device }, change) => told.push(`${change} ${device}`))
    await engine.ingest([...readings('pump', [...CALM, 500]), ...readings('valve', [...CALM, 500])])
    await until(() => told.length === 2, 'two alerts')
    const idOf = (device: string): string => engine.alerts.list({ device }).alerts[0].id
    engine.alerts.acknowledge(idOf('pump'), { by: 'ann', comment: 'on my way' })
    const endsAt = Date.now() + 3_600_000
    const silence = engine.alerts.silence({ matchers: ['device=valve'], endsAt, by: 'ann', comment: 'known' })
    const hold = engine.alerts.hold({ matchers: ['device=~"pump|press"'], until: endsAt, reason: 'oil' })
    // what comes after them in the journal is there, so they are
    await engine.ingest(readings('pump', [10], 100))
    const copy = killedNow(folder)
    const later = await startDurable(copy, { anomalies })
    const again: string[] = []
    later.on('alert', ({ device }, change) => again.push(`${change} ${device}`))
    const alertOf = (device: string): Alert => later.alerts.list({ device }).alerts[0]
    expect(alertOf('pump')).toMatchObject({
      ...{ id: idOf('pump'), state: 'firing', suppressedBy: [`maintenance:${hold.id}`] },
      acknowledged: { by: 'ann', comment: 'on my way' },
    })
    expect(alertOf('valve')).toMatchObject({ suppressedBy: [`silence:${silence.id}`], acknowledged: null })
    expect(later.alerts.silences()).toMatchObject([{ id: silence.id, endsAt, state: 'active' }])
    expect(again).toEqual([])
    later.alerts.endHold(hold.id)
    later.alerts.endSilence(silence.id)
    expect(again).toEqual(['released pump', 'released valve'])
    // and by a checkpoint, which a proper end takes
    await later.close()
    const last = await startDurable(copy, { anomalies })
    expect(last.alerts.get(alertOf('pump').id)).toMatchObject({
      ...{ acknowledged: { by: 'ann' }, suppressedBy: [], evidence: [{ value: 500 }] },
    })
    expect(last.alerts.silences()).toMatchObject([{ id: silence.id, state: 'expired' }])
  })
})
