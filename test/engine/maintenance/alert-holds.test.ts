import { describe, expect, it } from 'vitest'
import { matchesAll, parseMatchers } from '../../../src/alerts/matcher.ts'
import { alertHolds, matchersFor } from '../../../src/engine/maintenance/alert-holds.ts'
import { DeviceSelector } from '../../../src/reservations/device-selector.ts'

const by = (...terms: string[]) => matchersFor(new DeviceSelector(terms), ['a', 'b.c|d'])

describe('holds of alerts', () => {
  it('are by labels where labels can say it', () => {
    expect(by('tenant=acme')).toEqual([['tenant="acme"']])
    expect(by('device=pump-*', 'tier!=critical')).toEqual([['device=~"pump\\\\-[^/]*"', 'tier!="critical"']])
  })

  it('name the devices where they can not', () => {
    const named = [['device=~"a|b\\\\.c\\\\|d"']]
    for (const term of [
      'attribute:model=x',
      'device={a,b}',
      'device=*-*-*-*-*',
      'tenant!=acme',
      'device=a/**',
    ])
      expect(by(term)).toEqual(named)
    expect(matchersFor(null, ['a'])).toEqual([['device="a"']])
    expect(matchersFor(null, [])).toEqual([])
  })

  it('match just those devices', () => {
    const matches = (matchers: string[], device: string) =>
      matchesAll(parseMatchers(matchers, ''), { device })
    const [hold] = by('attribute:model=x')
    expect(['a', 'b.c|d', 'bxc', 'd', 'ab'].map((device) => matches(hold, device))).toEqual([
      true,
      true,
      ...[false, false, false],
    ])
    const [glob] = by('device=p?mp-*')
    expect(['pump-7', 'pump-', 'pump/7', 'pump-7/x'].map((device) => matches(glob, device))).toEqual([
      true,
      true,
      false,
      false,
    ])
    const [any] = by('device=*')
    expect(['x', '', 'x/y'].map((device) => matches(any, device))).toEqual([true, false, false])
  })

  it('are several when there are many devices', () => {
    const names = Array.from({ length: 500 }, (_, i) => `a-rather-long-name-of-a-device-${i}`)
    const holds = matchersFor(null, names)
    expect(holds.length).toBeGreaterThan(10)
    for (const [matcher] of holds) expect(parseMatchers([matcher], '')).toHaveLength(1)
    const held = names.filter((device) =>
      holds.some((hold) => matchesAll(parseMatchers(hold, ''), { device })),
    )
    expect(held).toHaveLength(500)
  })

  it('that can not be made are told, and nothing else fails', () => {
    const failures: unknown[] = []
    const refuse = () => {
      throw new Error('not ready')
    }
    const holds = alertHolds({ hold: refuse, endHold: refuse } as never, (error) => failures.push(error))
    expect(holds.hold(null, ['a'], 0, '')).toEqual([])
    holds.release(['x'])
    expect(failures).toHaveLength(2)
  })
})
