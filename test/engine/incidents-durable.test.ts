import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { isIdle, startEngine, until } from './rig.ts'
import { counting } from './recorded.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'millrace-incidents-'))
afterAll(() => rmSync(dataDir, { recursive: true }))

const START = Date.UTC(2026, 0, 1)
const config: ConfigInput = {
  ...{ durability: 'journal', dataDir, tiers: { default: 'bulk' } },
  anomalies: { warmup: 10, clearAfter: 2 },
  incidents: { correlations: [{ name: 'fleet', by: ['tenant'], minMembers: 5, quietMs: 1000 }] },
  escalation: { rules: [{ name: 'tenant', by: ['tenant'], tier: 'premium', forMs: 600_000 }], maxShare: 1 },
}

const reading = (i: number, value: number, time: number) => ({
  device: `d${i}`,
  metric: 'value',
  value,
  time: START + time,
})

/** A reading of each device, so many times. */
const send = (engine: Engine, values: readonly number[], from: number) =>
  engine.ingest(
    values.flatMap((value, round) => counting(20).map((i) => reading(i, value, from + 10 * round))),
  )

describe('incidents, with a journal', { timeout: 120_000 }, () => {
  it('are there after a restart with all their members and end when these are normal; nobody is raised any more', async () => {
    const first = await startEngine(config)
    await first.ready
    for (const i of counting(20)) first.devices.register(`d${i}`, { tenant: 'acme' })
    await send(first, [...counting(20).map((round) => 10 + (round % 2)), 500], 0)
    await until(() => isIdle(first) && first.incidents.open()[0]?.members === 20, 'an incident of all')
    const [before] = first.incidents.open()
    expect(first.stats().escalation?.raised).toBe(20)
    await first.close()

    const second = await startEngine(config)
    const ended: string[] = []
    second.on('incident', ({ id }, change) => change === 'ended' && ended.push(id))
    await second.ready
    expect(second.incidents.open()).toMatchObject([
      { id: before.id, members: 20, abnormal: 20, anomalies: 20 },
    ])
    const ofIncident = second.alerts.list({ limit: 100 }).alerts.filter(({ rule }) => rule === 'incident')
    expect(ofIncident).toMatchObject([{ key: before.id, state: 'firing' }])
    const { alerts } = second.alerts.list({ limit: 100 })
    expect(alerts.filter(({ suppressedBy }) => suppressedBy.includes(`incident:${before.id}`))).toHaveLength(
      20,
    )
    expect(second.stats().escalation?.raised).toBe(0)
    await send(
      second,
      counting(200).map(() => 10),
      40_000,
    )
    await until(() => ended.length > 0, 'its end')
    expect(ended).toEqual([before.id])
    expect(second.incidents.recent(10)).toMatchObject([{ state: 'ended', reason: 'quiet', members: 20 }])
  })
})
