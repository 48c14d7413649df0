import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deviceIdOf, seriesKey } from '../../../src/core/ids.ts'
import type { SeriesView } from '../../../src/engine/api/engine-view.ts'
import { sampleStats } from '../../observability/sample-stats.ts'
import { fakeEngine } from './fake-engine.ts'

const PATHS = [
  '/healthz',
  '/readyz',
  '/metrics',
  '/v1/stats',
  '/v1/alerts',
  '/v1/alerts/stream',
  '/v1/devices',
  '/v1/metrics-dictionary',
  '/v1/quarantine',
  '/v1/dead-letters',
]

describe('health', () => {
  it('is alive and ready', () => {
    const { get } = fakeEngine()
    expect(get('/healthz').status).toBe(200)
    expect(get('/readyz')).toMatchObject({ status: 200, json: { ready: true } })
  })

  it('says why it is not ready, and stays alive', () => {
    const { get } = fakeEngine({ ready: () => ({ ready: false, reason: 'the engine is shutting down' }) })
    expect(get('/healthz').status).toBe(200)
    expect(get('/readyz')).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      json: { code: 'not-ready', message: 'the engine is shutting down', retryable: true },
    })
  })
})

describe('figures', () => {
  it('gives the stats as one document', () => {
    expect(fakeEngine().get('/v1/stats').json).toEqual(sampleStats)
  })

  it('gives the Prometheus text as such', () => {
    expect(fakeEngine().get('/metrics')).toMatchObject({
      status: 200,
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      body: 'millrace_series 1\n',
    })
  })
})

describe('routing', () => {
  it('answers an unknown path with 404', () => {
    for (const path of [
      '/',
      '',
      '/v1',
      '/v1/stats/',
      '/v1/devices/',
      '/v1/devices/a/b',
      '/V1/stats',
      '/healthz/..',
    ]) {
      expect(fakeEngine().get(path)).toMatchObject({
        status: 404,
        json: { code: 'not-found', retryable: false },
      })
    }
  })

  it('answers a known path with the wrong method with 405 and what is allowed', () => {
    const { call } = fakeEngine()
    expect(call('POST', '/v1/stats')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
    expect(call('PATCH', '/v1/devices/a')).toMatchObject({
      status: 405,
      headers: { allow: 'GET, PUT, DELETE, HEAD' },
      json: { code: 'method-not-allowed' },
    })
  })

  it.each(PATHS)('answers HEAD %s as GET without the body', (path) => {
    const { call, get } = fakeEngine()
    const { status, contentType } = get(path)
    expect(call('HEAD', path)).toMatchObject({ status, contentType, body: '' })
    expect(call('HEAD', path).stream).toBeUndefined()
  })

  it('refuses a path that is not percent-encoded UTF-8', () => {
    for (const name of ['%zz', '%', '%c3%28', '%ff']) {
      expect(fakeEngine().get(`/v1/devices/${name}`)).toMatchObject({
        status: 400,
        json: { code: 'bad-request', message: expect.stringContaining('percent-encoded UTF-8') as string },
      })
    }
  })

  it('answers a bug of the engine with 500 and reports it', () => {
    const bug = new RangeError('secret detail')
    const { get, faults } = fakeEngine({
      stats: () => {
        throw bug
      },
    })
    const response = get('/v1/stats')
    expect(response).toMatchObject({ status: 500, json: { code: 'internal' } })
    expect(response.body).not.toContain('secret')
    expect(faults).toEqual([bug])
  })

  it('answers any request with a response', () => {
    const { call, faults } = fakeEngine()
    const segment = fc.oneof(
      fc.constantFrom(
        'v1',
        'devices',
        'series',
        'alerts',
        'metrics-dictionary',
        'stats',
        '%23ff',
        '__proto__',
        'value',
      ),
      fc.string(),
    )
    const query = fc.oneof(fc.constantFrom('', '?limit=5', '?limit=x', '?state=firing', '?%'), fc.string())
    const body = fc.oneof(fc.json(), fc.string(), fc.uint8Array())
    const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'constructor')
    fc.assert(
      fc.property(method, fc.array(segment, { maxLength: 5 }), query, body, (verb, path, text, bytes) => {
        const response = call(verb, `/${path.join('/')}${text}`, bytes)
        expect(response.status).toBeGreaterThanOrEqual(200)
        expect(response.status).toBeLessThan(500)
      }),
      { numRuns: 1000 },
    )
    expect(faults).toEqual([])
  })
})

describe('authorization', () => {
  const guarded = () =>
    fakeEngine({
      authorize: ({ authorization }, scope) => {
        if (authorization === `Bearer good ${scope}`) return 'ok'
        return authorization === 'Bearer device'
          ? { status: 403, reason: 'this token is for devices' }
          : { status: 401, reason: 'no token' }
      },
    })

  it.each(PATHS)('guards %s unless it says only whether the engine is well', (path) => {
    const { call } = guarded()
    const open = path === '/healthz' || path === '/readyz'
    expect(call('GET', path).status).toBe(open ? 200 : 401)
    expect(call('GET', path, '', 'Bearer device').status).toBe(open ? 200 : 403)
    expect(call('GET', path, '', 'Bearer good api').status).toBe(200)
  })

  it('changes nothing for those without a token, and says how to identify', () => {
    const { call, registry } = guarded()
    expect(call('PUT', '/v1/devices/a', {})).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      json: { code: 'unauthorized', message: 'no token', retryable: false },
    })
    expect(call('PUT', '/v1/devices/a', {}, 'Bearer device').json).toMatchObject({ code: 'forbidden' })
    expect(registry.size).toBe(0)
  })
})

describe('series', () => {
  const view: SeriesView = {
    tier: 'premium',
    region: 'eu',
    count: 42,
    mean: 20.5,
    deviation: 0.5,
    last: { time: 1_767_225_600_000, value: 21 },
    window: { start: 0, end: 60_000, count: 2, mean: 20, min: 19, max: 21 },
  }

  it('gives what is known of a series, by the names of device and metric', () => {
    const { get, registry, dictionary, series } = fakeEngine()
    const { id } = registry.register('Halle 3/pump ü')
    dictionary.define('temperature')
    series.set(`${id} 2`, view)
    expect(get(`/v1/series/${encodeURIComponent('Halle 3/pump ü')}/temperature`)).toMatchObject({
      status: 200,
      json: { device: 'Halle 3/pump ü', metric: 'temperature', key: seriesKey(id, 2).toString(), ...view },
    })
  })

  it('finds devices that are not registered by name or id, and metrics by number', () => {
    const { get, series, registry } = fakeEngine()
    series.set(`${deviceIdOf('nobody')} 1`, view)
    series.set(`${0xabc} 1`, view)
    series.set(`${0xabc} 9`, view)
    expect(get('/v1/series/nobody/value').json).toMatchObject({ device: 'nobody', count: 42 })
    expect(get('/v1/series/%23abc/value').json).toMatchObject({
      device: '#abc',
      key: String(0xabc * 65536 + 1),
    })
    expect(get('/v1/series/%23abc/%239').json).toMatchObject({ metric: '#9' })
    const { id } = registry.register('somebody')
    series.set(`${id} 1`, view)
    expect(get(`/v1/series/%23${id.toString(16)}/value`).json).toMatchObject({ device: 'somebody' })
  })

  it('tells an unknown metric from a series that is not there', () => {
    const { get } = fakeEngine()
    expect(get('/v1/series/a/nope')).toMatchObject({
      status: 404,
      json: { message: 'there is no metric "nope"' },
    })
    expect(get('/v1/series/a/%2370000').status).toBe(404)
    expect(get('/v1/series/a/value')).toMatchObject({
      status: 404,
      json: { code: 'not-found', message: 'device "a" has no series of "value"' },
    })
  })
})

describe('records', () => {
  it('lists quarantine and dead letters, the latest first', () => {
    const { get, view } = fakeEngine()
    view.quarantine.add('not-json', '10.0.0.1', Buffer.from('{'))
    view.quarantine.add('bad-frame', '10.0.0.2', Buffer.from('xy'))
    const reading = { device: 'a', metric: 'value', series: '1', time: 1, value: 2 }
    view.deadLetters.add(reading, 'TypeError', 'mine')
    expect(get('/v1/quarantine?limit=1').json).toEqual({
      seen: 2,
      entries: [{ at: 1_767_225_600_000, cause: 'bad-frame', source: '10.0.0.2', bytes: 'eHk=', size: 2 }],
    })
    expect(get('/v1/dead-letters').json).toMatchObject({ seen: 1, entries: [{ reading, pipeline: 'mine' }] })
  })

  it.each([
    ['limit=0', 'limit: 0 is not allowed; allowed: a whole number from 1 to 10000'],
    ['limit=1e3', 'limit: "1e3" is not allowed'],
    ['limit=-1', 'limit: "-1" is not allowed'],
    ['limit=10001', 'limit: 10001 is not allowed'],
    ['limit=1&limit=2', '"limit" is given twice'],
    ['size=1', '"size": no such key; allowed: limit'],
  ])('refuses ?%s saying what is allowed', (query, message) => {
    expect(fakeEngine().get(`/v1/quarantine?${query}`)).toMatchObject({
      status: 400,
      json: { code: 'bad-request', message: expect.stringContaining(message) as string },
    })
  })
})
