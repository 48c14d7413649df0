import { describe, expect, it } from 'vitest'
import { deviceIdOf } from '../../../src/core/ids.ts'
import { fakeEngine } from './fake-engine.ts'

describe('PUT, GET and DELETE /v1/devices/{name}', () => {
  it('registers, changes, shows and forgets a device', () => {
    const { call, get, registry } = fakeEngine()
    const properties = {
      tier: 'bulk',
      region: 'eu',
      tenant: 'acme',
      lat: 1.5,
      lon: -2,
      attributes: { a: true },
    }
    const device = { name: 'pump 7/ü', id: deviceIdOf('pump 7/ü'), ...properties }
    const path = `/v1/devices/${encodeURIComponent('pump 7/ü')}`
    expect(call('PUT', path, properties)).toMatchObject({ status: 201, json: device })
    expect(get(path)).toMatchObject({ status: 200, json: device })
    expect(get(`/v1/devices/%23${device.id.toString(16)}`).json).toEqual(device)
    expect(call('PUT', path, {})).toMatchObject({ status: 200, json: { tier: 'standard', region: '' } })
    expect(call('DELETE', path)).toMatchObject({ status: 200, json: { name: 'pump 7/ü' } })
    expect(call('DELETE', path).status).toBe(404)
    expect(get(path)).toMatchObject({ status: 404, json: { message: 'there is no device "pump 7/ü"' } })
    expect(registry.size).toBe(0)
  })

  it.each([
    ['', 'line 1, column 1: the end; expected a value'],
    ['{"tier":"bulk",}', 'line 1, column 16: "}"; expected a key in double quotes'],
    ['{"tier":\n  x}', 'line 2, column 3: "x"; expected a value'],
    ['{"tier":"bulk"', 'column 15: the end; expected a comma or }'],
    [new Uint8Array([0x22, 0xff, 0x22]), 'body: not UTF-8'],
    ['[]', 'device: an array is not allowed; allowed: an object'],
    ['{"tier":"gold"}', 'tier: "gold" is not allowed; allowed: critical, premium, standard, bulk'],
    ['{"name":"b"}', '"name": no such key; allowed: tier, region, tenant, lat, lon, attributes'],
    ['{"__proto__":{"tier":"bulk"}}', '"__proto__": no such key'],
    ['['.repeat(500_000), 'column 500001: the end; expected a value or ]'],
    [`${'['.repeat(300_000)}${']'.repeat(300_000)}`, 'allowed: an object'],
    [
      `{"attributes":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      'attributes.a: an array is not allowed',
    ],
    [`{"tenant":"${'x'.repeat(1_000_000)}"}`, 'allowed: at most 128 characters'],
    [`{"tenant":"${'\\n'.repeat(500_000)}`, 'expected the rest of the string'],
  ])('refuses a body that is wrong and says where: %#', (body, message) => {
    const { call, registry, faults } = fakeEngine()
    const response = call('PUT', '/v1/devices/a', body)
    expect(response).toMatchObject({ status: 400, json: { code: 'bad-request', retryable: false } })
    expect((response.json as { message: string }).message).toContain(message)
    expect(response.body.length).toBeLessThan(1000)
    expect(registry.size).toBe(0)
    expect(faults).toEqual([])
  })

  it('refuses a name that can not be one, a twin, and one too many', () => {
    const { call } = fakeEngine()
    expect(call('PUT', `/v1/devices/${'x'.repeat(257)}`, {}).status).toBe(400)
    expect(call('PUT', '/v1/devices/a%0Ab', {}).status).toBe(400)
    expect(call('PUT', '/v1/devices/station-b5855f2c', {}).status).toBe(201)
    expect(call('PUT', '/v1/devices/station-eba17c72', {})).toMatchObject({
      status: 409,
      json: { code: 'conflict' },
    })
    for (let i = 1; i < 50; i++) expect(call('PUT', `/v1/devices/d${i}`, {}).status).toBe(201)
    expect(call('PUT', '/v1/devices/more', {})).toMatchObject({
      status: 429,
      json: { code: 'limit-reached', retryable: true },
    })
  })
})

describe('GET /v1/devices', () => {
  it('gives all devices page by page', () => {
    const { get, registry } = fakeEngine()
    for (let i = 0; i < 5; i++) registry.register(`d${i}`)
    const names: string[] = []
    let after: number | null = 0
    while (after !== null) {
      const page: { devices: { name: string }[]; next: number | null } = get(
        `/v1/devices?limit=2&after=${after}`,
      ).json
      expect(page.devices.length).toBeLessThanOrEqual(2)
      names.push(...page.devices.map((device) => device.name))
      after = page.next
    }
    expect(names).toEqual(['d0', 'd1', 'd2', 'd3', 'd4'])
    expect(get('/v1/devices?after=4000000000').json).toEqual({ devices: [], next: null })
    expect(get('/v1/devices?after=d2').status).toBe(400)
  })
})

describe('POST /v1/devices', () => {
  it('registers what it can and says of the rest what is wrong', () => {
    const { call, registry } = fakeEngine()
    const response = call('POST', '/v1/devices', [
      { name: 'pump-1' },
      { name: 'a', tier: 'gold' },
      { tier: 'bulk' },
      null,
      'b',
      { name: 'c', tier: 'bulk', attributes: { x: 1 } },
      { name: 'station-b5855f2c' },
      { name: 'station-eba17c72' },
    ])
    expect(response).toMatchObject({
      status: 200,
      json: {
        registered: 3,
        failed: [
          {
            index: 1,
            name: 'a',
            code: 'bad-request',
            message: expect.stringContaining('tier: "gold"') as string,
          },
          { index: 2, name: null, code: 'bad-request' },
          { index: 3, name: null, code: 'bad-request' },
          { index: 4, name: null, code: 'bad-request' },
          { index: 7, name: 'station-eba17c72', code: 'conflict' },
        ],
      },
    })
    expect([...registry].map((device) => [device.name, device.tier])).toEqual([
      ['pump-1', 'premium'],
      ['c', 'bulk'],
      ['station-b5855f2c', 'standard'],
    ])
  })

  it('refuses anything but an array', () => {
    expect(fakeEngine().call('POST', '/v1/devices', { name: 'a' })).toMatchObject({ status: 400 })
    expect(fakeEngine().call('POST', '/v1/devices', []).json).toEqual({ registered: 0, failed: [] })
  })
})

describe('/v1/metrics-dictionary', () => {
  it('adds, changes and shows metrics', () => {
    const { call, get } = fakeEngine()
    const usual = { threshold: 4, direction: 'both', minDeviation: 0 }
    expect(get('/v1/metrics-dictionary').json).toEqual({ value: { id: 1, unit: '', ...usual } })
    const path = '/v1/metrics-dictionary/flow%20rate'
    expect(call('PUT', path, { unit: 'l/s' })).toMatchObject({
      status: 201,
      json: { name: 'flow rate', id: 2 },
    })
    expect(call('PUT', path, { unit: 'l/s', threshold: 3 }).status).toBe(200)
    expect(get(path).json).toEqual({ name: 'flow rate', id: 2, unit: 'l/s', ...usual, threshold: 3 })
    expect(get('/v1/metrics-dictionary').json).toHaveProperty(['flow rate', 'threshold'], 3)
    expect(get('/v1/metrics-dictionary/nope').status).toBe(404)
  })

  it('refuses what makes no sense, and one metric too many', () => {
    const { call } = fakeEngine()
    expect(call('PUT', '/v1/metrics-dictionary/a', { id: 1 }).json).toMatchObject({
      message: '"id": no such key; allowed: unit, threshold, direction, minDeviation',
    })
    for (const name of ['b', 'c', 'd', 'e'])
      expect(call('PUT', `/v1/metrics-dictionary/${name}`, {}).status).toBe(201)
    expect(call('PUT', '/v1/metrics-dictionary/f', {}).status).toBe(429)
  })
})
