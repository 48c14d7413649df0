import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import type { MaintenanceEvent } from '../../src/reservations/maintenance.ts'
import { startEngine, until } from './rig.ts'

const SOON_MS = 400
const dataDir = mkdtempSync(join(tmpdir(), 'millrace-maintenance-'))
afterAll(() => rmSync(dataDir, { recursive: true }))

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

  it('is kept over a restart, and what ended with the process is done again', async () => {
    const config: ConfigInput = {
      ...{ durability: 'journal', dataDir },
      maintenance: {
        hooks: [{ name: 'flash', callback: {} }],
        jobs: [{ name: 'weekly', starts: '2026-01-04T02:30', rrule: 'FREQ=WEEKLY', duration: '1h' }],
      },
    }
    const first = await startEngine(config)
    await first.ready
    first.devices.register('a', { tenant: 'acme' })
    first.maintenance.onHook('flash', () => new Promise(() => undefined))
    const starts = new Date(Date.now() + SOON_MS).toISOString()
    first.maintenance.add({
      name: 'patch',
      starts,
      duration: '10m',
      lead: 0,
      devices: ['tenant=acme'],
      hook: 'flash',
    })
    await until(() => first.maintenance.get('patch').status === 'IN_PROGRESS', 'it has begun')
    expect(first.alerts.holds()).toMatchObject([{ state: 'active', matchers: ['tenant="acme"'] }])
    const { window } = first.maintenance.get('weekly')
    await first.close()

    const second = await startEngine(config)
    const changes: string[] = []
    second.on('maintenance', ({ job, change }) => changes.push(`${job} ${change}`))
    await second.ready
    await until(() => changes.includes('patch rescheduled'), 'it is to be done again')
    expect(second.maintenance.get('patch')).toMatchObject({
      ...{ status: 'SCHEDULED', window: { attempt: 1 } },
      past: [{ isFailed: true, executions: { FAILED: 1 } }],
    })
    expect(second.maintenance.get('weekly').window).toEqual(window)
    expect(second.alerts.holds()).toMatchObject([{ state: 'expired' }])
    const { alerts } = second.alerts.list({ matchers: ['rule=maintenance'] })
    expect(alerts).toMatchObject([{ key: 'patch', severity: 'medium', state: 'firing' }])
    await second.close()
  })
})
