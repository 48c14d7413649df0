import { describe, expect, it } from 'vitest'
import type { MaintenanceEvent } from '../../src/reservations/maintenance.ts'
import { startEngine, until } from './rig.ts'

const SOON_MS = 400

const reading = (device: string, value: number, time: number) => ({ device, metric: 'value', value, time })

describe('maintenance', { timeout: 120_000 }, () => {
  it('drains, works, holds alerts meanwhile and refuses no reading', async () => {
    const engine = await startEngine({
      pool: { min: 1, max: 2 },
      anomalies: { warmup: 10, threshold: 6, clearAfter: 2 },
      maintenance: { hooks: [{ name: 'flash', callback: {} }] },
    })
    const events: MaintenanceEvent[] = []
    engine.on('maintenance', (event) => events.push(event))
    const told: string[] = []
    engine.on('alert', (alert, change) => told.push(`${change} ${alert.device} ${alert.suppressedBy.length}`))
    for (const name of ['a', 'b']) engine.devices.register(name, { tenant: 'acme' })
    engine.devices.register('c', { tenant: 'other' })
    const start = Date.now() - 60_000
    for (let i = 0; i < 20; i++)
      await engine.ingest(['a', 'b', 'c'].map((device) => reading(device, 10 + (i % 2), start + i * 1000)))

    let release = (): void => undefined
    const worked: (readonly string[])[] = []
    engine.maintenance.onHook('flash', async ({ devices }) => {
      worked.push(devices)
      await new Promise<void>((resolve) => (release = resolve))
    })
    const admitted = engine.maintenance.add({
      ...{ name: 'firmware', kind: 'firmware-update', starts: new Date(Date.now() + SOON_MS).toISOString() },
      ...{ duration: '10m', capacity: 1, lead: 0, devices: ['tenant=acme'], hook: 'flash', drain: '30s' },
      rollout: { wave: 1 },
    })
    expect(admitted.ok).toBe(true)
    await until(() => worked.length === 1, 'it has happened')
    const results = [
      await engine.ingest(['a', 'b', 'c'].map((device) => reading(device, 10, start + 30_000))),
      await engine.ingest(['a', 'c'].map((device) => reading(device, 5000, start + 31_000))),
    ]
    expect(results.map(({ accepted }) => accepted)).toEqual([3, 2])
    await until(() => told.length >= 2, 'it has happened')
    expect(told).toEqual(expect.arrayContaining(['raised a 1', 'raised c 0']))
    release()
    await until(() => worked.length === 2, 'it has happened')
    expect(worked).toEqual([['a'], ['b']])
    expect(engine.maintenance.get('firmware')).toMatchObject({ status: 'IN_PROGRESS', window: { wave: 2 } })
    release()
    await until(() => events.some(({ change }) => change === 'completed'), 'it has happened')
    expect(engine.maintenance.get('firmware').status).toBe('COMPLETED')
    await until(() => told.includes('released a 0'), 'it has happened')
    expect(events.map(({ change }) => change)).not.toContain('not-drained')
    await engine.close()
  })
})
