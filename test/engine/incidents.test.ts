import { describe, expect, it } from 'vitest'
import type { Alert } from '../../src/core/alert.ts'
import type { Escalation } from '../../src/core/escalation.ts'
import type { Incident, IncidentMember } from '../../src/core/incident.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { isIdle, startEngine, until } from './rig.ts'
import { counting } from './recorded.ts'

const START = Date.UTC(2026, 0, 1)
const anomalies = { warmup: 10, threshold: 6, clearAfter: 2 }
const DEVICES = 60
const name = (i: number): string => `d${i}`

/** Two towns, half of the devices in each; the last ones are far from both. */
const positionOf = (i: number): { lat: number; lon: number } => {
  if (i >= DEVICES - 4) return { lat: -30 + i / 100, lon: 20 }
  return i % 2 === 0 ? { lat: 52.5 + i / 1e4, lon: 13.4 } : { lat: 48.1 + i / 1e4, lon: 11.6 }
}

const config: ConfigInput = {
  anomalies,
  tiers: { default: 'bulk' },
  incidents: {
    correlations: [{ name: 'place', near: 4, minMembers: 5, withinMs: 60_000, quietMs: 5000 }],
    listedMembers: 10,
  },
  escalation: {
    rules: [{ name: 'around', near: 4, tier: 'premium', forMs: 600_000 }],
    maxDevices: 40,
    maxShare: 1,
  },
}

const register = (engine: Engine): void =>
  counting(DEVICES).forEach((i) => engine.devices.register(name(i), positionOf(i)))

/** A reading of each of these devices. */
const send = (engine: Engine, devices: readonly number[], value: number, time: number) =>
  engine.ingest(devices.map((i) => ({ device: name(i), metric: 'value', value, time: time + i })))

async function warm(engine: Engine): Promise<void> {
  for (const round of counting(20))
    await send(engine, counting(DEVICES), 10 + (round % 2), START + 1000 * round)
}

const everywhere = counting(DEVICES)
const CASCADE = START + 60_000

describe('incidents', { timeout: 120_000 }, () => {
  it('are one for each place, are told, listed and ended; tiers around them are raised for a time', async () => {
    const engine = await startEngine(config)
    register(engine)
    const told: [string, Incident][] = []
    const raised: Alert[] = []
    const escalations: Escalation[] = []
    engine.on('incident', (incident, change) => told.push([change, incident]))
    engine.on(
      'alert',
      (alert, change) => change === 'raised' && alert.rule === 'incident' && raised.push(alert),
    )
    engine.on('escalation', (escalation) => escalations.push(escalation))
    const unsuppressed = new Set<string>()
    engine.on('alert', ({ rule, key, suppressedBy }, change) => {
      if (rule === 'anomaly' && change === 'raised' && suppressedBy.length === 0) unsuppressed.add(key)
      else if (change === 'suppressed') unsuppressed.delete(key)
    })
    const { port } = await engine.listen()
    const get = async <T>(path: string): Promise<T> =>
      (await (await fetch(`http://127.0.0.1:${port}${path}`)).json()) as T
    const stream = await fetch(`http://127.0.0.1:${port}/v1/incidents/stream`)
    await warm(engine)
    await send(engine, everywhere, 500, CASCADE)
    await until(() => isIdle(engine) && engine.stats().anomalies.detected >= DEVICES, 'all anomalies')

    const open = engine.incidents.recent(10, 'open')
    expect(open.map(({ members }) => members).sort()).toEqual([28, 28])
    expect(open.every(({ startsAt, abnormal }) => startsAt < CASCADE + 2 && abnormal === 28)).toBe(true)
    expect(told.filter(([change]) => change === 'opened')).toHaveLength(2)
    expect(raised.map(({ key }) => key).sort()).toEqual(open.map(({ id }) => id).sort())
    expect(raised[0]).toMatchObject({ severity: 'high', state: 'firing', suppressedBy: [] })
    // the incident's alert speaks for those of its members: only the four that are alone are told besides
    expect([...unsuppressed].sort()).toEqual(['d56/value', 'd57/value', 'd58/value', 'd59/value'])
    const ofMembers = (await get<{ alerts: Alert[] }>('/v1/alerts?limit=1000')).alerts
    expect(ofMembers.filter(({ suppressedBy }) => suppressedBy[0] === `incident:${open[0].id}`)).toHaveLength(
      28,
    )
    const listed = await get<{ open: number; incidents: Incident[] }>('/v1/incidents?state=open')
    expect(listed).toMatchObject({ open: 2, tracked: DEVICES, unplaced: 0 })
    const [{ id }] = listed.incidents
    const one = await get<Incident & { listed: IncidentMember[] }>(`/v1/incidents/${id}`)
    expect(one.listed).toHaveLength(10)
    expect(one.origins[0].device).toBe(one.listed[0].device)
    expect(await get(`/v1/incidents/none`)).toMatchObject({ code: 'not-found' })

    // 56 devices are in the towns and 4 alone, of whom 40 may be raised
    expect(engine.stats().escalation).toMatchObject({ raised: 40, limit: 40, devices: 40 })
    expect(escalations[0]).toMatchObject({ kind: 'raised', rule: 'around', tier: 'premium' })
    const { list } = await get<{ list: { device: string; own: string }[] }>('/v1/escalations')
    expect(list).toHaveLength(40)
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    expect(metrics).toMatch(/^millrace_incidents_open 2$/m)
    expect(metrics).toMatch(/^millrace_escalation_devices_raised 40$/m)

    const tierOf = async (device: string): Promise<string> =>
      (await get<{ tier: string }>(`/v1/series/${device}/value`)).tier
    const [a, b] = list.map(({ device }) => Number(device.slice(1)))
    // what a person says counts
    engine.devices.register(name(b), { ...positionOf(b), tier: 'standard' })
    await send(engine, [a, b], 10, CASCADE + 1000)
    expect([await tierOf(name(a)), await tierOf(name(b))]).toEqual(['premium', 'standard'])
    expect(engine.devices.get(name(a))?.tier).toBe('bulk')
    expect(engine.stats().escalation).toMatchObject({ raised: 39, yielded: 1 })

    // normal again, and then quiet
    await Promise.all(
      counting(200).map((round) => send(engine, everywhere, 10, CASCADE + 3000 + 100 * round)),
    )
    await send(engine, [DEVICES - 1], 900, CASCADE + 60_000)
    await until(() => told.filter(([change]) => change === 'ended').length === 2, 'both ends')
    expect(told.at(-1)?.[1]).toMatchObject({ state: 'ended', reason: 'quiet', abnormal: 0 })
    expect(engine.stats().incidents).toMatchObject({ open: 0, opened: 2, ended: 2 })
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while ((text.match(/^event: ended$/gm) ?? []).length < 2) text += (await reader.read()).value
    expect(text.match(/^event: opened$/gm)).toHaveLength(2)
    await reader.cancel()
  })
})
