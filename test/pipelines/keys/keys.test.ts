import { describe, expect, it } from 'vitest'
import type { KeySpec } from '../../../src/pipelines/definition/key-spec.ts'
import { openKey } from '../../../src/pipelines/keys/open-key.ts'
import { lookup } from '../compiler/rig.ts'

const source = { device: 7, metric: 2, region: 1, tier: 3 }
const far = { device: 2 ** 48 - 1, metric: 65_535, region: 255, tier: 3 }
const by = (...names: string[]): KeySpec => ({
  by: 'composite',
  parts: names.map((name) => ({ by: name }) as KeySpec),
})

describe('openKey', () => {
  it.each<[string, KeySpec, boolean, Record<string, unknown>, string]>([
    ['all', { by: 'all' }, true, {}, 'all'],
    ['device', { by: 'device' }, true, { device: 'd7' }, 'd7'],
    ['series', { by: 'series' }, true, { device: 'd7', metric: 'door' }, 'd7/door'],
    ['region and tier', by('region', 'tier'), true, { region: 'north', tier: 'bulk' }, 'north/bulk'],
    ['region and metric', by('metric', 'region'), true, { region: 'north', metric: 'door' }, 'door/north'],
    ['device and tier', by('device', 'tier'), true, { device: 'd7', tier: 'bulk' }, 'd7/bulk'],
    [
      'series and tier',
      by('series', 'tier'),
      false,
      { device: 'd7', metric: 'door', tier: 'bulk' },
      'd7/door/bulk',
    ],
    ['tenant', { by: 'tenant' }, false, { tenant: 'b' }, 'b'],
    ['attribute', { by: 'attribute', attribute: 'floor' }, false, { floor: 1 }, '1'],
    ['text', { by: 'function', key: () => 'x', ofDevice: false }, false, { key: 'x' }, 'x'],
    ['number', { by: 'function', key: () => -2.5, ofDevice: true }, false, { key: -2.5 }, '-2.5'],
  ])('encodes %s and tells its parts again', (_, spec, isPacked, parts, label) => {
    const key = openKey(spec, lookup)
    key.encode({}, source)
    const { low, high, text } = key
    expect(key.isPacked).toBe(isPacked)
    expect(key.describe(low, high, text, lookup)).toEqual(parts)
    expect(key.label(low, high, text, lookup)).toBe(label)
    key.encode({}, { ...source, device: 5, metric: 3, region: 2, tier: 0 })
    key.encode({}, source)
    expect([key.low, key.high, key.text]).toEqual([low, high, text])
  })

  it.each(['device', 'series', 'region', 'tier', 'metric'] as const)(
    'keeps the largest numbers of %s',
    (name) => {
      const key = openKey({ by: name }, lookup)
      key.encode({}, far)
      const expected = name === 'series' ? { device: far.device, metric: far.metric } : { [name]: far[name] }
      expect(key.source(key.low, key.high, key.text)).toMatchObject(expected)
    },
  )

  it('says what is of one device', () => {
    const of = (spec: KeySpec) => openKey(spec, lookup).isOfDevice
    expect(
      [
        by('device', 'tenant'),
        by('series', 'tier'),
        { by: 'function', key: () => 1, ofDevice: true } as const,
      ].map(of),
    ).toEqual([true, true, true])
    expect([by('tenant'), { by: 'all' } as const, by('region', 'tier')].map(of)).toEqual([
      false,
      false,
      false,
    ])
  })
})
