import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { DeviceProperties } from '../../../src/core/device.ts'
import type { Config } from '../../../src/engine/config/config.ts'
import { parseConfig } from '../../../src/engine/config/parse.ts'
import type { ConfigInput } from '../../../src/engine/config/schema.ts'
import { badConfigOf } from './bad-config.ts'

const hash = (digit: string): string => digit.repeat(64)

const full: ConfigInput = {
  port: 0,
  pipeline: './mine.js',
  limits: { series: 20_000, idleTimeoutSeconds: 0 },
  tiers: { default: 'bulk' },
  pool: { min: 2, max: 8 },
  anomalies: { threshold: 5, direction: 'high' },
  metrics: { temperature: { unit: '°C', minDeviation: 0.1 }, value: { threshold: 9 } },
  regions: [{ name: 'eu-west', geohash: ['u0', 'gc'] }],
  rules: [{ match: 'pump-*', region: 'eu-west' }],
  devices: [
    { name: 'pump-1', tier: 'premium', lat: 52.5, lon: 13.4, attributes: { floor: 3, spare: false } },
  ],
  auth: { tokens: [{ sha256: hash('a'), name: 'fleet', expires: '2027-01-01T01:00:00+01:00' }] },
  tls: { key: 'key.pem', cert: '-----BEGIN CERTIFICATE-----' },
}

describe('parseConfig', () => {
  it('gives a complete configuration for nothing at all', () => {
    const { config } = parseConfig()
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 9000,
      listeners: 1,
      insecure: false,
      server: 'auto',
    })
    expect(config).toMatchObject({ durability: 'memory', admission: 'open', pipeline: null, tls: null })
    expect(config.limits).toMatchObject({ series: 1_000_000, ringBytes: 8 << 20, frameBytes: 1 << 20 })
    expect(config.tiers).toEqual({ default: 'standard', shares: { premium: 70, standard: 25, bulk: 5 } })
    expect(config.auth.tokens).toEqual([])
    expect(parseConfig({}, { cores: 1 }).config.pool).toMatchObject({ min: 1, size: 1, max: 2 })
    expect(parseConfig({}, { cores: 500 }).config.pool.max).toBe(64)
  })

  it('fills in what depends on other options', () => {
    const { config } = parseConfig(full, { folder: '/srv/millrace', cores: 4 })
    expect(config.metrics).toEqual({
      temperature: { unit: '°C', threshold: 5, direction: 'high', minDeviation: 0.1 },
      value: { unit: '', threshold: 9, direction: 'high', minDeviation: 0.000001 },
    })
    expect(config.rules).toEqual([
      { match: 'pump-*', tier: 'bulk', region: 'eu-west', tenant: '', attributes: {} },
    ])
    expect(config.pool).toMatchObject({ min: 2, size: 2, max: 8 })
    expect(config.pipeline).toBe(pathToFileURL(resolve('/srv/millrace/mine.js')).href)
    expect(config.tls).toEqual({ key: resolve('/srv/millrace/key.pem'), cert: '-----BEGIN CERTIFICATE-----' })
    expect(config.auth.tokens[0]).toMatchObject({ scope: 'device', tenant: '' })
  })

  it('leaves out of a device what it does not say, for rules and defaults to say', () => {
    const { config } = parseConfig({ devices: [{ name: 'a', tenant: undefined }] })
    expect(Object.keys(config.devices[0])).toEqual(['name'])
  })

  it('takes a complete configuration as it is', () => {
    const { config } = parseConfig(full)
    expect(parseConfig(config, { folder: '/elsewhere', cores: 64 }).config).toEqual(config)
  })

  it('looks for where values came from when somebody asks, once', () => {
    const asked: string[] = []
    const locate = (path: readonly (string | number)[]): string => {
      asked.push(path.join('.'))
      return 'millrace.yaml:1:1'
    }
    const loaded = parseConfig({ port: 0 }, { locate })
    expect(asked).toEqual([])
    expect(loaded.origins.get('port')).toBe('millrace.yaml:1')
    expect(loaded.origins.get('host')).toBe('default')
    expect(asked).toEqual(['port'])
  })

  it('takes URLs for a pipeline, as text or as an object', () => {
    for (const pipeline of [new URL('file:///a/b.js'), 'file:///a/b.js']) {
      expect(parseConfig({ pipeline }).config.pipeline).toBe('file:///a/b.js')
    }
    expect(parseConfig({ pipeline: 'data:text/javascript,1' }).config.pipeline).toBe('data:text/javascript,1')
  })

  it('has types that fit the embedding program and the registry', () => {
    expectTypeOf<Config>().toExtend<ConfigInput>()
    expectTypeOf<Config['devices'][number]>().toExtend<DeviceProperties>()
    expectTypeOf<Config['pool']['max']>().toEqualTypeOf<number>()
    expectTypeOf<Config['metrics'][string]['threshold']>().toEqualTypeOf<number>()
    expectTypeOf<{ port: string }>().not.toExtend<ConfigInput>()
  })
})

const refused: [name: string, input: unknown, message: string][] = [
  ['a number out of range', { port: -5 }, 'port: -5 is not allowed; give a whole number from 0 to 65,535'],
  [
    'a fraction',
    { limits: { series: 1.5e3 + 0.5 } },
    'limits.series: 1500.5 is not allowed; give a whole number from 1,000 to 12,000,000',
  ],
  ['a text for a number', { port: '80' }, 'port: "80" is not allowed; give a whole number from 0 to 65,535'],
  [
    'NaN',
    { anomalies: { threshold: NaN } },
    'anomalies.threshold: NaN is not allowed; give a number over 0 and at most 1,000',
  ],
  ['null for a number', { port: null }, 'port: null is not allowed; give a whole number from 0 to 65,535'],
  ['a word that is none', { server: 'uwss' }, 'server: "uwss" is not allowed; give auto, uws or ws'],
  ['a durability there is not', { durability: 'paper' }, 'durability: "paper" is not allowed; give '],
  [
    'a ring that is no power of two',
    { limits: { ringBytes: 3 << 20 } },
    'limits.ringBytes: 3145728 is not allowed; give a power of two from 1,048,576 to 1,073,741,824',
  ],
  [
    'a backlog of part blocks',
    { limits: { backlogBytes: 2_000_000 } },
    'limits.backlogBytes: 2000000 is not allowed; give a multiple of 16,384 from 1,048,576 to 2,147,483,648',
  ],
  [
    'an idle timeout uWebSockets.js has not',
    { limits: { idleTimeoutSeconds: 5 } },
    'limits.idleTimeoutSeconds: 5 is not allowed; give 0 or a whole number from 8 to 960',
  ],
  [
    'a share of nothing',
    { tiers: { shares: { bulk: 0 } } },
    'tiers.shares.bulk: 0 is not allowed; give a number over 0 and at most 1,000,000',
  ],
  [
    'a smoothing of one',
    { anomalies: { smoothing: 1 } },
    'anomalies.smoothing: 1 is not allowed; give a number over 0 and under 1',
  ],
  ['a list for a group', { limits: [] }, 'limits: a list is not allowed; give keys and values: series, '],
  ['a list for everything', [], 'a list is not allowed; give keys and values: host, '],
  [
    'a geohash with an a',
    { regions: [{ name: 'x', geohash: ['ua'] }] },
    'regions[0].geohash[0]: "ua" is not allowed; give 1 to 3 characters of geohash base32',
  ],
  [
    'a region without cells',
    { regions: [{ name: 'x', geohash: [] }] },
    'regions[0].geohash: a list is not allowed; give a list',
  ],
  [
    'a device without a name',
    { devices: [{}] },
    'devices[0].name: missing; give a name of 1 to 256 characters',
  ],
  [
    'a metric that is a control character',
    { metrics: { '\u0007': {} } },
    'metrics["\\u0007"]: not allowed as a name; give a name of 1 to 128',
  ],
  [
    'an attribute that is an object',
    { rules: [{ match: 'a', attributes: { b: {} } }] },
    'rules[0].attributes.b: a group of keys is not allowed; give a text of at most 1024 characters or a number or true or false',
  ],
  [
    'a day for a time',
    { auth: { tokens: [{ sha256: hash('a'), name: 'x', expires: '2027-01-01' }] } },
    'auth.tokens[0].expires: "2027-01-01" is not allowed; give a date and time such as',
  ],
  ['a certificate without a key', { tls: { cert: 'a' } }, 'tls.key: missing; give a path, or PEM text'],
  [
    'an unknown key',
    { limits: { serie: 3 } },
    'limits.serie: unknown key (3); did you mean series? allowed here: series, devices',
  ],
  [
    'an unknown key like no other',
    { zebra: {} },
    'zebra: unknown key (a group of keys); allowed here: host, port',
  ],
  [
    'a rung that is none',
    { scaling: { degradation: { ladder: [{ do: 'longer-slice' }] } } },
    'ladder[0].do: "longer-slice" is not allowed; give "pause-pipelines" or "sample-bulk" or "longer-slices" or',
  ],
  [
    'an unknown key of a rung',
    { scaling: { degradation: { ladder: [{ do: 'sample-bulk', keep: 2, keeps: 3 }] } } },
    'ladder[0].keeps: unknown key (3); did you mean keep? allowed here: do, pipelines, keep',
  ],
  ['__proto__', JSON.parse('{ "metrics": { "__proto__": {} } }'), 'metrics.__proto__: not allowed as a name'],
]

const sixtyFive = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`a${i}`, i]))

const contradictions: [name: string, input: ConfigInput, message: string][] = [
  [
    'a rate that several listeners would count apart',
    { listeners: 2, rates: { tenant: { framesPerSecond: 5 } } },
    'rates.tenant.framesPerSecond: 5 is not allowed with several listeners; each would count its own',
  ],
  ['several listeners on any port', { listeners: 2, port: 0 }, 'port: 0 is not allowed with 2 listeners'],
  [
    'several listeners with ws',
    { listeners: 2, server: 'ws' },
    'server: "ws" is not allowed with several listeners',
  ],
  [
    'a pipeline from the network',
    { pipeline: 'https://a/b.js' },
    'pipeline: "https://a/b.js" is not allowed; give a path, or a URL starting with file: or data:',
  ],
  [
    'a ring of two frames',
    { limits: { ringBytes: 2 << 20 } },
    'limits.ringBytes: 2097152 is not allowed; give at least 4 × 1048576 (limits.frameBytes)',
  ],
  [
    'a pool below its least',
    { pool: { min: 2, size: 1 } },
    'pool.size: 1 is not allowed; give a number from pool.min to pool.max, 2 to',
  ],
  [
    'a pool upside down',
    { pool: { min: 3, max: 2, size: 2 } },
    'pool.min: 3 is not allowed; give at most pool.max, 2',
  ],
  [
    'a rule for a region there is not',
    { rules: [{ match: '*', region: 'mars' }] },
    'rules[0].region: no region is called "mars"; give one of antarctica, ',
  ],
  [
    'a device in a region there is not',
    { devices: [{ name: 'a', region: 'mars' }] },
    'devices[0].region: no region is called "mars"',
  ],
  [
    'two regions of one name',
    {
      regions: [
        { name: 'a', geohash: ['u'] },
        { name: 'a', geohash: ['v'] },
      ],
    },
    'regions[1].name: "a" is there already',
  ],
  [
    'two devices of one name',
    { devices: [{ name: 'a' }, { name: 'a' }] },
    'devices[1].name: "a" is there already',
  ],
  [
    'two names with one device id',
    { devices: [{ name: 'station-b5855f2c' }, { name: 'station-eba17c72' }] },
    'devices[1].name: has the same device id as "station-b5855f2c"',
  ],
  ['a glob that is none', { rules: [{ match: '[z-a]' }] }, 'rules[0].match: "[z-a]" is not a glob: '],
  [
    'too many attributes',
    { rules: [{ match: '*', attributes: sixtyFive }] },
    'give at most 64 names, each with',
  ],
  ['half a letter in a name', { devices: [{ name: '\ud83d' }] }, 'devices[0].name: "\\ud83d" is not allowed'],
  [
    'a region called like no region',
    { regions: [{ name: 'unassigned', geohash: ['u'] }] },
    'regions[0].name: "unassigned" is not allowed; give a name of 1 to 128 characters other than unassigned',
  ],
  ['half a position', { devices: [{ name: 'a', lat: 3 }] }, 'devices[0]: half a position'],
  [
    'more devices than allowed',
    { limits: { devices: 1 }, devices: [{ name: 'a' }, { name: 'b' }] },
    'devices: 2 entries, but limits.devices allows 1',
  ],
  [
    'more metrics than allowed',
    { limits: { metrics: 1 }, metrics: { a: {} } },
    'metrics: 2 with `value`, but limits.metrics allows 1',
  ],
  [
    'one token twice',
    {
      auth: {
        tokens: [
          { sha256: hash('b'), name: 'x' },
          { sha256: hash('b'), name: 'y' },
        ],
      },
    },
    'auth.tokens[1]: the same token as that of "x"',
  ],
]

describe('parseConfig refuses', () => {
  it.each(refused)('%s', (_, input, message) => {
    expect(badConfigOf(() => parseConfig(input))).toContain(message)
  })

  it.each(contradictions)('%s', (_, input, message) => {
    expect(badConfigOf(() => parseConfig(input))).toContain(message)
  })

  it('everything that is wrong at once, a line each, up to twenty', () => {
    expect(badConfigOf(() => parseConfig({ port: -1, listeners: 0 })).split('\n')).toHaveLength(2)
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`key${i}`, i]))
    expect(
      badConfigOf(() => parseConfig(many))
        .split('\n')
        .at(-1),
    ).toBe('and more: 30 problems in all')
  })

  it('a secret in the wrong place without showing it', () => {
    const wrong = {
      auth: { tokens: [{ sha256: 'hunter2', name: 'x', token: 'hunter2' }, 'hunter2'] },
      tls: { key: { pem: 'hunter2' }, cert: 'a' },
    }
    expect(badConfigOf(() => parseConfig(wrong))).not.toContain('hunter2')
  })

  it('values nested without end', () => {
    const endless: Record<string, unknown> = {}
    endless.limits = endless
    expect(badConfigOf(() => parseConfig(endless))).toContain('nested too deeply')
  })

  it('what a flag says, naming the flag', () => {
    expect(badConfigOf(() => parseConfig({}, { flags: { port: 99_999 } }))).toMatch(
      /^--port: 99999 is not allowed/,
    )
  })
})
