import { describe, expect, it } from 'vitest'
import { fakeEngine } from './fake-engine.ts'

const HOUR = 3_600_000
/** 2026-01-01T00:00Z in the fake engine. */
const job = (over: object = {}) => ({ name: 'a', starts: '2026-01-01T01:00', duration: '1h', ...over })

describe('/v1/maintenance', () => {
  it('plans, lists, shows and calls off', () => {
    const { call, get } = fakeEngine()
    const added = call('POST', '/v1/maintenance', job({ kind: 'security-patch', capacity: '25%' }))
    expect([added.status, added.json]).toMatchObject([201, { status: 'SCHEDULED', units: 1 }])
    expect(get('/v1/maintenance').json).toMatchObject({
      jobs: [{ spec: { name: 'a', kind: 'security-patch' } }],
    })
    expect(get('/v1/maintenance/a').json).toMatchObject({ window: { status: 'SCHEDULED' } })
    expect(call('DELETE', '/v1/maintenance/a?reason=storm').json).toMatchObject({
      status: 'CANCELED',
      reason: 'storm',
    })
    expect(call('DELETE', '/v1/maintenance/a').status).toBe(409)
    expect(get('/v1/maintenance/b').status).toBe(404)
  })

  it('refuses what does not fit with 409, the reason and the nearest times', () => {
    const { call } = fakeEngine()
    call('POST', '/v1/maintenance', job({ resources: ['crane'] }))
    const refused = call('POST', '/v1/maintenance', job({ name: 'b', resources: ['crane'] }))
    expect(refused.status).toBe(409)
    expect(refused.json).toMatchObject({
      ...{ code: 'conflict', cause: 'resource', message: 'a uses crane then', retryable: false },
      nearest: [Date.UTC(2026, 0, 1, 2), Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1, 2, 15)],
    })
  })

  it.each([
    [{ starts: 'soon' }, 'starts: "soon" is not allowed'],
    [{ timeZone: 'Mars' }, 'timeZone: there is no "Mars"'],
    [{ duration: 'long' }, 'duration: "long" is not allowed; give milliseconds, or a duration'],
    [{ capacity: '120%' }, 'capacity: "120%" is not allowed; give a number of units, or a percentage'],
    [{ rollout: { wave: 0.5 } }, 'rollout.wave: 0.5 is not allowed; give a number of devices'],
    [{ abort: { failed: 'all' } }, 'abort.failed: "all" is not allowed; give a percentage'],
    [{ devices: ['all'] }, 'devices[0]: "all" is not allowed'],
    [{ rrule: 'FREQ=HOURLY' }, 'rrule: "FREQ=HOURLY" is not allowed'],
    [{ hook: 'none' }, 'hook: there is no "none"; allowed: \'\', own'],
    [{ colour: 'red' }, 'colour: unknown key'],
    [{ name: 'a b' }, 'name: "a b" is not allowed; give a letter or digit'],
  ])('refuses %j and says what is allowed', (wrong, words) => {
    const { call } = fakeEngine()
    const answer = call('POST', '/v1/maintenance', job(wrong))
    expect(answer.status).toBe(400)
    expect((answer.json as { message: string }).message).toContain(words)
  })

  it('is begun, reported and looked at by hand', () => {
    const { call, get, registry } = fakeEngine()
    for (const name of ['pump-1', 'pump-2']) registry.register(name)
    call('POST', '/v1/maintenance', job({ devices: ['device=pump-*'] }))
    expect(call('POST', '/v1/maintenance/a/report', { status: 'SUCCEEDED' }).status).toBe(409)
    expect(call('POST', '/v1/maintenance/a/start').json).toMatchObject({ status: 'IN_PROGRESS' })
    call('POST', '/v1/maintenance/a/report', { device: 'pump-1', status: 'FAILED', message: 'no power' })
    expect(get('/v1/maintenance/a/executions').json).toMatchObject({ total: 2 })
    expect(get('/v1/maintenance/a/executions?status=FAILED').json).toMatchObject({
      executions: [{ device: 'pump-1', message: 'no power' }],
    })
    const wrong = call('POST', '/v1/maintenance/a/report', { status: 'DONE', progress: 101 }).json
    expect(wrong).toMatchObject({
      message: expect.stringContaining('allowed: IN_PROGRESS, SUCCEEDED') as string,
    })
    call('POST', '/v1/maintenance/a/report', { status: 'SUCCEEDED' })
    expect(get('/v1/maintenance/a').json).toMatchObject({
      ...{ status: 'SCHEDULED', window: { attempt: 1 } },
      past: [{ isFailed: true, executions: { SUCCEEDED: 1, FAILED: 1 } }],
    })
  })

  it('lets whoever has the token of an operation report, without any other', () => {
    const tokens: string[] = []
    const fake = fakeEngine({ authorize: () => ({ status: 401, reason: 'no token' }) })
    fake.view.maintenance.onHook('own', ({ token }) => {
      tokens.push(token)
      return new Promise(() => undefined)
    })
    fake.view.maintenance.add(job({ hook: 'own' }))
    fake.maintenanceClock.advance(HOUR)
    expect(fake.get('/v1/maintenance').status).toBe(401)
    const path = `/v1/maintenance/executions/${tokens[0]}`
    expect(fake.call('POST', path, { status: 'IN_PROGRESS', progress: 50 }).status).toBe(200)
    expect(fake.call('POST', path, { status: 'SUCCEEDED' }).json).toEqual({ window: null })
    expect(fake.call('POST', path, { status: 'SUCCEEDED' }).status).toBe(404)
    expect(fake.view.maintenance.get('a').status).toBe('COMPLETED')
  })

  it('streams what happens', () => {
    const { call, get } = fakeEngine()
    const heard: string[] = []
    const end = get('/v1/maintenance/stream').stream?.((chunk) => heard.push(chunk))
    call('POST', '/v1/maintenance', job())
    end?.()
    call('DELETE', '/v1/maintenance/a')
    expect(heard).toHaveLength(2)
    expect(heard[1]).toMatch(/^event: scheduled\ndata: \{.*"job":"a".*\}\n\n$/)
  })
})
