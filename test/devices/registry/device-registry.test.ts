import { describe, expect, it } from 'vitest'
import { deviceIdOf } from '../../../src/core/ids.ts'
import { MillraceError } from '../../../src/core/errors.ts'
import {
  type DeviceChange,
  DeviceRegistry,
  type DeviceRegistryOptions,
} from '../../../src/devices/registry/device-registry.ts'

const registry = (options: Partial<DeviceRegistryOptions> = {}): DeviceRegistry =>
  new DeviceRegistry({
    rules: [
      {
        match: 'pump-*',
        properties: { tier: 'premium', tenant: 'acme', attributes: { kind: 'pump', floor: 1 } },
      },
      { match: 'pump-9*', properties: { tier: 'critical' } },
      { match: 'site/**', properties: { region: 'eu', lat: 52.5, lon: 13.4 } },
    ],
    defaults: { tier: 'standard' },
    admission: 'open',
    maxDevices: 1000,
    regions: ['eu', 'us'],
    ...options,
  })

const failure = (act: () => unknown): MillraceError => {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError)
    return error as MillraceError
  }
  throw new Error('did not throw')
}

/** Two names with one id, found by search: FNV-1a is not made to prevent it. */
const TWINS = ['station-b5855f2c', 'station-eba17c72'] as const

describe('DeviceRegistry.register', () => {
  it('takes what is not said from the defaults', () => {
    expect(registry().register('lamp-1')).toEqual({
      name: 'lamp-1',
      id: deviceIdOf('lamp-1'),
      tier: 'standard',
      region: '',
      tenant: '',
      lat: null,
      lon: null,
      attributes: {},
    })
  })

  it('lets the first matching rule win over the defaults', () => {
    expect(registry().register('pump-91')).toMatchObject({ tier: 'premium', tenant: 'acme' })
  })

  it('lets what is said win over the rule, attributes key by key', () => {
    const device = registry().register('pump-1', { tier: 'bulk', attributes: { floor: 2, dry: true } })
    expect(device).toMatchObject({
      tier: 'bulk',
      tenant: 'acme',
      attributes: { kind: 'pump', floor: 2, dry: true },
    })
  })

  it('lets an explicit null take away the position of a rule', () => {
    expect(registry().register('site/a/b', { lat: null, lon: null })).toMatchObject({ lat: null, lon: null })
  })

  it('replaces what was said before', () => {
    const devices = registry()
    devices.register('pump-1', { tier: 'bulk', region: 'us' })
    expect(devices.register('pump-1', { region: 'eu' })).toMatchObject({ tier: 'premium', region: 'eu' })
    expect(devices.size).toBe(1)
  })

  it('shares the attributes of devices that match one rule, and guards them', () => {
    const devices = registry()
    const { attributes } = devices.register('pump-1')
    expect(devices.register('pump-2').attributes).toBe(attributes)
    expect(Object.isFrozen(devices.register('pump-3', { attributes: { a: 1 } }).attributes)).toBe(true)
  })

  it.each([
    [{ tier: 'gold' }, 'tier: "gold" is not allowed; allowed: critical, premium, standard, bulk'],
    [{ region: 'mars' }, 'region: "mars" is not allowed; allowed: "" (found from its position), eu, us'],
    [{ lat: 91, lon: 0 }, 'lat: 91 is not allowed; allowed: a number from -90 to 90, or null'],
    [{ lat: NaN, lon: 0 }, 'lat: NaN is not allowed'],
    [{ lat: 0, lon: '13' }, 'lon: "13" is not allowed; allowed: a number from -180 to 180, or null'],
    [{ lat: 52 }, 'lat without lon is not allowed; allowed: both or neither'],
    [{ tenant: 7 }, 'tenant: 7 is not allowed; allowed: text'],
    [{ tires: 4 }, '"tires": no such key; allowed: tier, region, tenant, lat, lon, attributes'],
    [{ attributes: { a: { b: 1 } } }, 'attributes.a: an object is not allowed; allowed: a finite number'],
    [{ attributes: { a: Infinity } }, 'attributes.a: Infinity is not allowed'],
    [
      { attributes: { '': 1 } },
      'attributes.: this key is not allowed; allowed: a name of 1 to 128 characters',
    ],
    [
      JSON.parse('{"attributes":{"__proto__":1}}'),
      'attributes: an object is not allowed; allowed: a name of',
    ],
    [
      { attributes: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, i])) },
      'allowed: at most 64 attributes',
    ],
    [{ attributes: ['a'] }, 'attributes: an array is not allowed; allowed: an object of scalars'],
    ['tier', 'device: "tier" is not allowed; allowed: an object'],
    [null, 'device: null is not allowed; allowed: an object'],
  ])('refuses %j saying where, what and what is allowed', (properties, message) => {
    const devices = registry()
    const error = failure(() => devices.register('x', properties as never))
    expect(error.code).toBe('bad-request')
    expect(error.message).toContain(message)
    expect(devices.size).toBe(0)
  })

  it.each([
    ['empty', ''],
    ['too long', 'x'.repeat(257)],
    ['a line break', 'a\nb'],
    ['a C1 control', 'a\u0085b'],
    ['half a surrogate pair', 'a\ud83d'],
    ['no text', 7 as never],
  ])('refuses a name that is or has %s', (_what, name) => {
    expect(failure(() => registry().register(name)).message).toContain('allowed: 1 to 256 characters')
  })

  it('takes names of any script, with spaces, slashes and emoji', () => {
    const devices = registry()
    for (const name of ['ポンプ 7', 'a/b c', '🌡️', '#12', 'x'.repeat(256)]) {
      expect(devices.register(name).id).toBe(deviceIdOf(name))
    }
  })

  it('refuses a second name with the same id, naming both', () => {
    const devices = registry()
    const first = devices.register(TWINS[0])
    const error = failure(() => devices.register(TWINS[1]))
    expect(error.code).toBe('conflict')
    expect(error.message).toContain(TWINS[0])
    expect(error.message).toContain(TWINS[1])
    expect(devices.nameOf(first.id)).toBe(TWINS[0])
    devices.delete(TWINS[0])
    expect(devices.register(TWINS[1]).id).toBe(first.id)
  })

  it('refuses one device more than the limit, and takes it once another is gone', () => {
    const devices = registry({ maxDevices: 2 })
    devices.register('a')
    devices.register('b')
    const error = failure(() => devices.register('c'))
    expect([error.code, error.retryable]).toEqual(['limit-reached', true])
    expect(devices.register('b', { tier: 'bulk' }).tier).toBe('bulk')
    devices.delete('a')
    expect(devices.register('c').name).toBe('c')
  })
})

describe('DeviceRegistry.ensure', () => {
  it('registers by rule under open admission, once', () => {
    const devices = registry()
    const device = devices.ensure('pump-5')
    expect(device).toMatchObject({ name: 'pump-5', tier: 'premium' })
    expect(devices.ensure('pump-5')).toBe(device)
  })

  it('knows only the registered under known admission', () => {
    const devices = registry({ admission: 'known' })
    expect(devices.ensure('pump-5')).toBeUndefined()
    const device = devices.register('pump-5')
    expect(devices.ensure('pump-5')).toBe(device)
    expect(devices.size).toBe(1)
  })

  it('answers what can not be registered with a code', () => {
    const devices = registry({ maxDevices: 1 })
    expect(devices.ensure('')).toBe('bad-request')
    devices.ensure(TWINS[0])
    expect(devices.ensure('other')).toBe('limit-reached')
    const roomy = registry()
    roomy.ensure(TWINS[0])
    expect(roomy.ensure(TWINS[1])).toBe('conflict')
  })
})

describe('DeviceRegistry', () => {
  it('tells its listeners of each change until they leave', () => {
    const devices = registry()
    const seen: DeviceChange[] = []
    const leave = devices.onChange((change) => seen.push(change))
    const first = devices.ensure('a')
    const second = devices.register('a', { tier: 'bulk' })
    devices.delete('a')
    devices.delete('a')
    leave()
    devices.ensure('b')
    expect(seen).toEqual([
      { device: first },
      { device: second, previous: first },
      { device: second, removed: true },
    ])
  })

  it('pages through all devices, deletions on the way included', () => {
    const devices = registry()
    for (let i = 0; i < 10; i++) devices.register(`d${i}`)
    const first = devices.page(0, 4)
    expect(first).toMatchObject({ next: 4 })
    devices.delete('d3')
    devices.delete('d7')
    const rest = devices.page(4, 100)
    expect(rest.next).toBeNull()
    const names = [...first.devices, ...rest.devices].map((device) => device.name)
    expect(names).toEqual(['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd8', 'd9'])
    expect([...devices].map((device) => device.name)).not.toContain('d7')
  })

  it.each([
    [{ rules: [{ match: '', properties: {} }] }, 'rules[0].match: "" is not allowed'],
    [{ rules: [{ match: '*', properties: { region: 'mars' } }] }, 'region: "mars"'],
    [{ rules: [{ match: '*', properties: { lat: 1 } }] }, 'rules[0]: lat without lon'],
    [{ defaults: { tier: 'standard' as const, lon: 1 } }, 'defaults: lon without lat'],
    [{ defaults: { tier: 'none' as never } }, 'tier: "none"'],
  ])('refuses options that make no sense: %j', (options, message) => {
    const error = failure(() => registry(options))
    expect(error.code).toBe('bad-config')
    expect(error.message).toContain(message)
  })
})
