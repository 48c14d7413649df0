import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/core/errors.ts'
import { type BindOptions, checkBind, isLoopback } from '../../src/security/bind.ts'

const options = (rest: Partial<BindOptions>): BindOptions => ({
  ...{ host: '0.0.0.0', insecure: false, auth: { tokens: [] }, tls: null },
  ...rest,
})

describe('isLoopback', () => {
  it.each([
    '127.0.0.1',
    '127.255.1.2',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    'localhost',
    'LOCALHOST',
  ])('takes %s', (host) => {
    expect(isLoopback(host)).toBe(true)
  })

  it.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    'localhost.example.org',
    '127.0.0.1.nip.io',
    '::ffff:10.0.0.1',
    '2130706433',
  ])('does not take %s', (host) => {
    expect(isLoopback(host)).toBe(false)
  })
})

describe('checkBind', () => {
  it('says nothing on loopback', () => {
    expect(checkBind(options({ host: '127.0.0.1' }))).toBeNull()
    expect(checkBind(options({ host: '::1', insecure: true }))).toBeNull()
  })

  it('refuses everything else without authentication, with the reason', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.4', 'example.org']) {
      const attempt = () => checkBind(options({ host }))
      expect(attempt).toThrow(MillraceError)
      expect(attempt).toThrow(expect.objectContaining({ code: 'insecure-bind' }))
      expect(attempt).toThrow(`refused to listen on ${host} without authentication`)
    }
  })

  it('warns loudly when told to do it all the same', () => {
    expect(checkBind(options({ insecure: true }))).toMatch(/^INSECURE: listening on 0\.0\.0\.0/)
  })

  it('wants TLS where tokens cross a network', () => {
    const auth = { tokens: [{}] }
    expect(checkBind(options({ auth }))).toMatch(/in the clear; configure tls/)
    expect(checkBind(options({ auth, tls: {} }))).toBeNull()
  })
})
