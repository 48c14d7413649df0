/** Alerts and incidents of an engine that is killed, and of one whose rules have changed while it was down. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Alert } from '../../src/core/alert.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { durable, killedNow, newFolder, startDurable } from './durable-rig.ts'
import { counting } from './recorded.ts'
import { isIdle, startEngine, until } from './rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-alerts-'))
afterAll(() => rmSync(folder, { recursive: true }))

const START = Date.UTC(2026, 0, 1)
const file = join(folder, 'yard.yaml')
const write = (...rules: string[]): void =>
  writeFileSync(file, `name: yard\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`)
const HOT = '{ name: hot, metrics: value, threshold: { above: 400 } }'
const WARM = '{ name: warm, metrics: value, threshold: { above: 300 } }'
const BLIP = '{ name: blip, metrics: other, threshold: { above: 1 } }'
const ODD = '{ name: odd, metrics: value, deviation: { from: peers, group: all, over: 1s, above: 5 } }'

const config: ConfigInput = {
  ...{ tiers: { default: 'bulk' }, alertRules: [file], pool: { size: 2 } },
  anomalies: { warmup: 10, clearAfter: 2 },
  incidents: { correlations: [{ name: 'fleet', by: ['tenant'], minMembers: 5, quietMs: 60_000 }] },
  devices: counting(20).map((i) => ({ name: `d${i}`, tenant: 'acme' })),
}

const readings = (value: (device: number) => number, time: number, metric = 'value') =>
  counting(20).map((i) => ({ device: `d${i}`, metric, value: value(i), time: START + time }))

const send = (engine: Engine, value: (device: number) => number, time: number, metric?: string) =>
  engine.ingest(readings(value, time, metric))

const openOf = (engine: Engine, rule: string): readonly Alert[] =>
  engine.alerts.list({ limit: 200, rule }).alerts.filter(({ state }) => state !== 'resolved')

const closedOf = (engine: Engine, rule: string): readonly Alert[] =>
  engine.alerts.list({ limit: 200, rule, state: 'resolved' }).alerts

const RULES = ['anomaly', 'incident', 'hot', 'warm', 'odd']
const idsOf = (engine: Engine): readonly string[] =>
  RULES.flatMap((rule) => openOf(engine, rule).map(({ id }) => id)).sort()

/** An incident that opens anew, without a checkpoint, is called by the one that is seen first. */
const isOfSeries = (id: string): boolean => !id.startsWith('incident:')

describe('alerts, with a journal', { timeout: 120_000 }, () => {
  it('are there once after a kill, ended where their rule is gone, and kept when they have ended', async () => {
    write(HOT, WARM, BLIP, ODD)
    const dataDir = newFolder()
    const first = await startDurable(dataDir, config)
    const told: string[] = []
    first.on('alert', ({ id }, change) => change === 'raised' && told.push(id))
    const usual = (round: number) => (i: number) => (i === 3 ? 13 : 10) + (round % 2)
    await first.ingest(counting(20).flatMap((round) => readings(usual(round), 10 * round)))
    await send(first, () => 2, 300, 'other')
    await send(first, () => 0, 310, 'other')
    await send(first, () => 500, 400)
    // the second in which one was odd is over, by more than the lateness
    await send(first, () => 500, 8000)
    await until(
      () => isIdle(first) && closedOf(first, 'blip').length === 20 && openOf(first, 'odd').length === 1,
      () => `${closedOf(first, 'blip').length} blips, ${openOf(first, 'odd').length} odd`,
    )
    await until(
      () => idsOf(first).length === 62 && first.incidents.open()[0]?.members === 20,
      () => `${idsOf(first).length} alerts`,
    )
    const before = idsOf(first)
    expect(openOf(first, 'odd')).toMatchObject([{ key: 'd3/value', device: 'd3', metric: 'value' }])
    expect(openOf(first, 'hot')[0]).toMatchObject({ metric: 'value', raisedBy: 'rules:yard' })
    expect(first.alerts.list({ limit: 200, matchers: ['rule="hot"', 'metric="value"'] }).alerts).toHaveLength(
      20,
    )
    const [incident] = first.incidents.open()

    const copy = killedNow(dataDir)
    await first.close()
    const again: string[] = []
    const second = await startEngine({ ...durable(copy), ...config })
    second.on('alert', ({ id }, change) => change === 'raised' && again.push(id))
    await second.ready
    // what compares devices of all shards comes when the quiet ones have handed over
    await until(
      () => isIdle(second) && idsOf(second).length === before.length,
      () => `${idsOf(second).length} alerts again`,
    )
    expect(idsOf(second).filter(isOfSeries)).toEqual(before.filter(isOfSeries))
    expect(second.incidents.open()).toMatchObject([
      { startsAt: incident.startsAt, members: 20, anomalies: 40 },
    ])
    expect(closedOf(second, 'blip')).toHaveLength(20)
    // still so: nobody is told again
    await send(second, () => 500, 9000)
    await until(() => isIdle(second) && openOf(second, 'hot').length === 20, 'a further round')
    expect(again.filter(isOfSeries)).toEqual([])
    expect(told.filter((id) => before.includes(id)).sort()).toEqual(before)
    await second.close()

    write(HOT, BLIP)
    const third = await startDurable(copy, config)
    await until(() => isIdle(third), 'ready')
    expect([openOf(third, 'warm'), openOf(third, 'odd')]).toEqual([[], []])
    expect(openOf(third, 'hot')).toHaveLength(20)
    expect(closedOf(third, 'warm')).toHaveLength(20)
    expect(
      [...closedOf(third, 'warm'), ...closedOf(third, 'odd')].map(({ endedBecause }) => endedBecause),
    ).toEqual(counting(21).map(() => 'rule-removed'))
    expect(closedOf(third, 'blip')).toHaveLength(20)
    // a rule that goes while the engine runs
    write(BLIP)
    await until(() => openOf(third, 'hot').length === 0, 'the end of hot')
    expect(closedOf(third, 'hot')[0]).toMatchObject({ endedBecause: 'rule-removed' })
  })
})
