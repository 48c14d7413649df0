import { describe, expect, it } from 'vitest'
import { DeviceSelector } from '../../src/reservations/device-selector.ts'
import { device } from './rig.ts'

const pump = device('pump-7', { tier: 'premium', region: 'eu', attributes: { model: 'x1', floor: 3 } })

describe('DeviceSelector', () => {
  it.each([
    [['tenant=acme'], true],
    [['tenant=other'], false],
    [['device=pump-*', 'tier=premium', 'region=eu'], true],
    [['device=pump-*', 'tier=bulk'], false],
    [['tenant!=other'], true],
    [['attribute:model=x?'], true],
    [['attribute:floor = 3'], true],
    [['attribute:colour=red'], false],
    [['attribute:colour!=red'], true],
    [[], false],
  ])('finds by %j: %s', (terms, isFound) => {
    expect(new DeviceSelector(terms).test(pump)).toBe(isFound)
  })

  it.each(['acme', 'colour=red', 'device=', 'device~x', 'device=['.repeat(1) + '\u0000'.repeat(70_000)])(
    'refuses %.20s and says what is allowed',
    (term) => {
      expect(() => new DeviceSelector(['tenant=acme', term])).toThrow(
        /devices\[1\]: .* is not allowed; allowed: device/s,
      )
    },
  )
})
