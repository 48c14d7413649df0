import { describe, expect, it } from 'vitest'
import type { TokenOptions } from '../../src/security/options.ts'
import { Authenticator, bearerToken, tokenHash } from '../../src/security/tokens.ts'

const NOW = Date.UTC(2026, 10, 21)

const entry = (token: string, rest: Partial<TokenOptions> = {}): TokenOptions => ({
  ...{ sha256: tokenHash(token), name: `holder of ${token}`, scope: 'device', tenant: '', expires: null },
  ...rest,
})

const authenticator = new Authenticator({
  tokens: [
    entry('device-1', { tenant: 'acme' }),
    entry('api-1', { scope: 'api' }),
    entry('both', { scope: 'all' }),
    entry('old', { expires: '2026-11-20T23:59:59Z' }),
    entry('today', { expires: '2026-11-21T01:00:00+01:00' }),
    entry('young', { expires: '2026-11-21T00:00:00.001Z' }),
  ],
})

describe('Authenticator', () => {
  it.each([
    ['device-1', 'device', { ok: true, name: 'holder of device-1', tenant: 'acme' }],
    ['both', 'device', { ok: true, name: 'holder of both', tenant: '' }],
    ['both', 'api', { ok: true, name: 'holder of both', tenant: '' }],
    ['young', 'device', { ok: true, name: 'holder of young', tenant: '' }],
    [
      'api-1',
      'device',
      { ok: false, status: 403, reason: 'the token of holder of api-1 is for scope api, this needs device' },
    ],
    [
      'device-1',
      'api',
      {
        ok: false,
        status: 403,
        reason: 'the token of holder of device-1 is for scope device, this needs api',
      },
    ],
    ['old', 'device', { ok: false, status: 401, reason: 'the token has expired' }],
    ['old', 'api', { ok: false, status: 401, reason: 'the token has expired' }],
    ['today', 'device', { ok: false, status: 401, reason: 'the token has expired' }],
    ['device-2', 'device', { ok: false, status: 401, reason: 'the token is not known' }],
    [tokenHash('device-1'), 'device', { ok: false, status: 401, reason: 'the token is not known' }],
    ['', 'device', { ok: false, status: 401, reason: 'a bearer token is required' }],
    [undefined, 'api', { ok: false, status: 401, reason: 'a bearer token is required' }],
  ] as const)('answers %s for %s', (token, scope, answer) => {
    expect(authenticator.authenticate(token, scope, NOW)).toEqual(answer)
  })

  it('lets everyone in as nobody while no token is configured', () => {
    const open = new Authenticator({ tokens: [] })
    expect(open.enabled).toBe(false)
    expect(open.authenticate(undefined, 'api', NOW)).toEqual({ ok: true, name: '', tenant: '' })
    expect(authenticator.enabled).toBe(true)
  })
})

describe('tokenHash', () => {
  it('is SHA-256 in lower-case hexadecimal', () => {
    expect(tokenHash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})

describe('bearerToken', () => {
  it.each([
    ['Bearer abc', '', 'abc'],
    ['bearer  abc ', 'token=other', 'abc'],
    ['', 'client=7&token=a%2Bb', 'a+b'],
    ['Basic abc', 'token=abc', 'abc'],
    ['Basic abc', '', undefined],
    ['Bearer a b', '', undefined],
    ['', '', undefined],
    ['', 'token=', ''],
    ['', 'token=%E0%A4%A', '\ufffd%A'],
  ])('finds in %j and %j the token %j', (authorization, query, token) => {
    expect(bearerToken(authorization, query)).toBe(token)
  })
})
