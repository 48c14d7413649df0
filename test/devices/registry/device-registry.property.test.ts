import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Device } from '../../../src/core/device.ts'
import { TIERS } from '../../../src/core/tiers.ts'
import { DeviceRegistry } from '../../../src/devices/registry/device-registry.ts'

const LIMIT = 6
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i')
const step = fc.oneof(
  fc.record({ what: fc.constant('register' as const), name, tier: fc.constantFrom(...TIERS) }),
  fc.record({ what: fc.constant('ensure' as const), name }),
  fc.record({ what: fc.constant('delete' as const), name }),
)

const create = (): DeviceRegistry =>
  new DeviceRegistry({
    rules: [],
    defaults: { tier: 'standard' },
    admission: 'open',
    maxDevices: LIMIT,
    regions: [],
  })

describe('DeviceRegistry against a plain map', () => {
  it('holds, counts, pages and reports the same devices', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const devices = create()
        const model = new Map<string, string>()
        const reported = new Map<string, Device>()
        devices.onChange(({ device, removed }) => {
          if (removed) reported.delete(device.name)
          else reported.set(device.name, device)
        })
        for (const next of steps) {
          const fits = model.has(next.name) || model.size < LIMIT
          if (next.what === 'delete') {
            expect(devices.delete(next.name)?.name).toBe(model.has(next.name) ? next.name : undefined)
            model.delete(next.name)
          } else if (next.what === 'ensure') {
            const found = devices.ensure(next.name)
            expect(typeof found === 'string' ? found : found?.tier).toBe(
              fits ? (model.get(next.name) ?? 'standard') : 'limit-reached',
            )
            if (fits && !model.has(next.name)) model.set(next.name, 'standard')
          } else if (fits) {
            devices.register(next.name, { tier: next.tier })
            model.set(next.name, next.tier)
          } else {
            expect(() => devices.register(next.name)).toThrow('limits.devices (6)')
          }
        }
        expect(devices.size).toBe(model.size)
        const paged: Device[] = []
        for (let start: number | null = 0; start !== null;) {
          const page = devices.page(start, 2)
          paged.push(...page.devices)
          start = page.next
        }
        const byName = (a: Device, b: Device): number => (a.name < b.name ? -1 : 1)
        expect(paged.map((device) => [device.name, device.tier]).sort()).toEqual([...model].sort())
        expect([...reported.values()].sort(byName)).toEqual(paged.sort(byName))
        for (const device of paged) expect(devices.nameOf(device.id)).toBe(device.name)
      }),
    )
  })
})
