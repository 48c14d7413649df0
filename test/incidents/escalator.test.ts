import { describe, expect, it } from 'vitest'
import type { Device } from '../../src/core/device.ts'
import type { Escalation } from '../../src/core/escalation.ts'
import type { Tier } from '../../src/core/tiers.ts'
import { type EscalationRule, Escalator } from '../../src/incidents/escalator.ts'

const deviceOf = (id: number, over: Partial<Device> = {}): Device => ({
  ...{ name: `d${id}`, id, tier: 'bulk', region: '', tenant: 'acme', lat: 50 + id / 1000, lon: 10 },
  attributes: { model: id % 2 === 0 ? 'even' : 'odd' },
  ...over,
})

/** A fleet of so many devices in one place, and what the router is shown. */
function fleetOf(count: number, rules: Partial<EscalationRule>[], maxDevices = 1000, maxShare = 1) {
  const devices = new Map(Array.from({ length: count }, (_, i) => [i + 1, deviceOf(i + 1)]))
  const shown = new Map<number, Tier>()
  const told: Escalation[] = []
  const fleet = {
    get size() {
      return devices.size
    },
    getById: (id: number) => devices.get(id),
    [Symbol.iterator]: () => devices.values(),
  }
  const escalator = new Escalator({
    rules: rules.map((rule, i) => ({
      ...{ name: `r${i}`, near: 0, ring: 1, by: [], metrics: [], tier: 'premium', forMs: 1000 },
      ...rule,
    })),
    ...{ maxDevices, maxShare, fleet },
    show: ({ id }, tier) => shown.set(id, tier),
    tell: (escalation) => told.push(escalation),
  })
  const change = (id: number, over: Partial<Device>): void => {
    const previous = devices.get(id)
    const device = { ...deviceOf(id), ...previous, ...over }
    devices.set(id, device)
    shown.set(id, device.tier)
    escalator.changed(device, previous, false)
  }
  const remove = (id: number): void => {
    const device = devices.get(id)!
    devices.delete(id)
    escalator.changed(device, undefined, true)
  }
  const anomaly = (id: number, nowMs: number, metric = 'value'): void => {
    const { lat, lon } = devices.get(id) ?? deviceOf(id)
    escalator.take({ device: id, name: `d${id}`, metric, lat: lat ?? NaN, lon: lon ?? NaN }, nowMs)
  }
  const tiers = (...ids: number[]): (Tier | undefined)[] => ids.map((id) => shown.get(id))
  return { escalator, told, change, remove, anomaly, tiers }
}

describe('Escalator', () => {
  it('raises the group of an anomaly and gives it its own tier back when nothing more comes', () => {
    const { escalator, told, anomaly, tiers } = fleetOf(6, [{ by: ['attribute:model'] }])
    anomaly(2, 0)
    expect(tiers(1, 2, 3, 4, 6)).toEqual([undefined, 'premium', undefined, 'premium', 'premium'])
    anomaly(4, 500) // more than a quarter of the time later: from here on anew
    escalator.advance(1200)
    expect(tiers(2)).toEqual(['premium'])
    escalator.advance(1500)
    expect(tiers(2, 4, 6)).toEqual(['bulk', 'bulk', 'bulk'])
    expect(told).toMatchObject([
      { kind: 'raised', rule: 'r0', tier: 'premium', device: 'd2', devices: 3, raised: 3 },
      { kind: 'ended', rule: 'r0', tier: 'premium', device: '', devices: 3, raised: 0 },
    ])
  })

  it('raises devices of the cells around only, and leaves those alone that are as high already', () => {
    const { change, anomaly, tiers } = fleetOf(3, [{ near: 5 }])
    change(2, { lat: -50 })
    change(3, { tier: 'critical' })
    anomaly(1, 0)
    expect(tiers(1, 2, 3)).toEqual(['premium', 'bulk', 'critical'])
  })

  it('counts only anomalies of the metrics of the rule', () => {
    const { escalator, anomaly } = fleetOf(3, [{ by: ['tenant'], metrics: ['pressure'] }])
    anomaly(1, 0, 'temperature')
    expect(escalator.stats.raised).toBe(0)
    anomaly(1, 0, 'pressure')
    expect(escalator.stats.raised).toBe(3)
  })

  it('is bounded by a number and by a share of the fleet, whatever comes', () => {
    const few = fleetOf(100, [{ by: ['tenant'] }], 7)
    const share = fleetOf(100, [{ by: ['tenant'] }], 1000, 0.1)
    for (const { anomaly } of [few, share]) for (let i = 1; i <= 100; i++) anomaly(i, i)
    expect(few.escalator.stats).toMatchObject({ raised: 7, limit: 7, limited: 1, escalations: 1 })
    expect(share.escalator.stats).toMatchObject({ raised: 10, limit: 10, devices: 10 })
    expect(few.escalator.list(3, 0)).toMatchObject([
      { device: 'd1', own: 'bulk', tier: 'premium', leftMs: 1001 },
      {},
      {},
    ])
  })

  it('gives way to what a person says, until its time is over', () => {
    const { escalator, change, remove, anomaly, tiers } = fleetOf(4, [{ by: ['tenant'] }])
    anomaly(1, 0)
    change(1, { tier: 'standard' })
    change(2, { attributes: { model: 'other' } })
    remove(3)
    expect(tiers(1, 2)).toEqual(['standard', 'premium'])
    expect(escalator.stats).toMatchObject({ raised: 2, yielded: 1 })
    anomaly(2, 600)
    expect(tiers(1)).toEqual(['standard'])
    escalator.advance(2000)
    expect(tiers(1, 2, 4)).toEqual(['standard', 'bulk', 'bulk'])
    anomaly(2, 3000)
    expect(tiers(1)).toEqual(['premium'])
    expect(escalator.stats.raised).toBe(3)
  })

  it('lets the higher of two tiers hold', () => {
    const { anomaly, tiers } = fleetOf(2, [{ by: ['tenant'] }, { by: ['tenant'], tier: 'critical' }])
    anomaly(1, 0)
    expect(tiers(1, 2)).toEqual(['critical', 'critical'])
  })
})
