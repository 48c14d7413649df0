import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readTls } from '../../src/security/tls.ts'

// made once with openssl req -x509 -days 36500; valid from 2026-11-21 to 2126-10-28
const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
const key = fixture('key.pem')
const cert = fixture('cert.pem')
const nowEpochMs = Date.UTC(2030, 0, 1)

describe('readTls', () => {
  it('reads a key and its certificate from files', () => {
    const material = readTls({ key, cert }, { nowEpochMs })
    expect(material).toMatchObject({ keyFile: key, certFile: cert, warnings: [] })
    expect(material.key).toBe(readFileSync(key, 'utf8'))
    expect(material.cert).toBe(readFileSync(cert, 'utf8'))
  })

  it('takes PEM text instead of paths', () => {
    const text = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
    expect(readTls(text, { nowEpochMs })).toEqual({ ...text, keyFile: null, certFile: null, warnings: [] })
  })

  it.each([
    [
      'the key of another certificate',
      { key: fixture('other-key.pem'), cert },
      /other-key\.pem is not the key of the certificate .*cert\.pem/,
    ],
    [
      'a key that is not there',
      { key: fixture('none.pem'), cert },
      /^tls\.key: cannot read .*none\.pem: ENOENT/,
    ],
    ['a certificate for a key', { key: cert, cert }, /cert\.pem is not a private key in PEM form/],
    [
      'a key for a certificate',
      { key, cert: key },
      /^tls\.cert: .*key\.pem is not a certificate in PEM form/,
    ],
    [
      'broken PEM text',
      { key: '-----BEGIN PRIVATE KEY-----\nx', cert },
      /^tls\.key: the PEM text is not a private key/,
    ],
  ])('refuses %s', (_, options, message) => {
    const attempt = () => readTls(options, { nowEpochMs })
    expect(attempt).toThrow(message)
    expect(attempt).toThrow(expect.objectContaining({ code: 'bad-config' }))
  })

  it('refuses an encrypted key', () => {
    const encrypted = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey
    expect(() => readTls({ key: encrypted, cert }, { nowEpochMs })).toThrow('the PEM text is encrypted')
  })

  it.each([
    ['has expired', Date.UTC(2127, 0, 1), /expired on Oct 28/],
    ['is about to', Date.UTC(2126, 9, 20), /expires on Oct 28 .* in 8 days/],
    ['is not valid yet', Date.UTC(2026, 0, 1), /is valid from Nov 21/],
  ])('warns when the certificate %s', (_, now, warning) => {
    expect(readTls({ key, cert }, { nowEpochMs: now }).warnings).toEqual([expect.stringMatching(warning)])
  })
})
