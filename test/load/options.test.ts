import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/core/errors.ts'
import { loadOptions, type RawOptions } from '../../src/load/options.ts'

const refusal = (raw: RawOptions): string => {
  try {
    loadOptions(raw)
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError)
    expect((error as MillraceError).code).toBe('bad-config')
    return (error as MillraceError).message
  }
  return 'accepted'
}

describe('loadOptions', () => {
  it('fills in defaults', () => {
    const options = loadOptions({})
    expect(options).toMatchObject({
      devices: 1000,
      connections: 4,
      frame: 100,
      rate: 10_000,
      format: 'binary',
    })
    expect(options.url.href).toBe('ws://127.0.0.1:9000/v1/stream')
    expect(options.durationMs).toBe(10_000)
  })

  it.each([
    ['30s', 30_000],
    ['1500ms', 1500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['7', 7000],
    ['0.5s', 500],
  ])('reads the duration %s', (text, ms) => {
    expect(loadOptions({ duration: text }).durationMs).toBe(ms)
  })

  it('reads ramps, mixes and max', () => {
    const options = loadOptions({
      ramp: '1000:1_000_000:5s',
      tiers: 'premium=20,standard=70,bulk=10',
      regions: 'europe=3,america=1',
      duration: '10s',
    })
    expect(options.ramp).toEqual({ from: 1000, to: 1_000_000, durationMs: 5000 })
    expect(options.tiers?.map(({ share }) => share)).toEqual([0.2, 0.7, 0.1])
    expect(options.regions?.[0]).toEqual({ name: 'europe', share: 0.75 })
    expect(loadOptions({ rate: 'max' }).rate).toBeNull()
  })

  it.each<[RawOptions, string[]]>([
    [{ devices: '0' }, ['--devices 0', 'from 1 to']],
    [{ devices: 'many' }, ['--devices many', 'whole number']],
    [{ frame: '1.5' }, ['--frame 1.5', 'from 1 to 30000']],
    [{ rate: '-3' }, ['--rate -3', 'or max']],
    [{ rate: '' }, ['--rate', 'or max']],
    [{ duration: '5 parsecs' }, ['--duration 5 parsecs', '30s']],
    [{ duration: '0s' }, ['--duration 0s', 'above 0']],
    [{ ramp: '1:2' }, ['--ramp 1:2', 'from:to:duration']],
    [{ ramp: '1:2:x' }, ['--ramp x', 'duration']],
    [{ ramp: '1:2:60s', duration: '10s' }, ['--ramp', '60000 ms', '--duration']],
    [{ tiers: 'gold=1' }, ['--tiers gold=1', 'critical, premium, standard, bulk']],
    [{ tiers: 'bulk=0' }, ['--tiers bulk=0', 'above 0']],
    [{ tiers: 'bulk=1,bulk=2' }, ['--tiers bulk=1,bulk=2', 'only once']],
    [{ regions: 'atlantis=1' }, ['--regions atlantis=1', 'europe']],
    [{ anomalies: '2' }, ['--anomalies 2', '0 to 1']],
    [{ malformed: '' }, ['--malformed', '0 to 1']],
    [{ format: 'xml' }, ['--format xml', 'binary, json']],
    [{ url: 'http://127.0.0.1' }, ['--url http://127.0.0.1', 'ws://']],
    [{ url: 'nonsense' }, ['--url nonsense', 'ws://']],
    [{ devices: '3', connections: '4' }, ['--devices 3', '4 connections']],
    [{ tierPerConnection: true }, ['--tier-per-connection', '--tiers']],
    [
      { tierPerConnection: true, tiers: 'premium=1,bulk=1', connections: '1' },
      ['--connections 1', 'at least 2'],
    ],
    [{ metric: 'a"b' }, ['--metric a"b', 'letters']],
    [{ colour: 'red' }, ['unknown option colour', 'devices']],
  ])('refuses %j, naming option, value and what is allowed', (raw, words) => {
    const message = refusal(raw)
    for (const part of words) expect(message).toContain(part)
  })
})
