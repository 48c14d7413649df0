import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { MillraceError } from '../core/errors.ts'
import { isPemText, type TlsOptions } from './options.ts'

/** A key and its certificate, read and found to belong together. */
export interface TlsMaterial {
  /** PEM text. */
  readonly key: string
  readonly cert: string
  /**
   * Paths they were read from, for servers that read files themselves; null where the options held PEM text.
   */
  readonly keyFile: string | null
  readonly certFile: string | null
  /** To be said out loud: expired, about to expire, not yet valid. */
  readonly warnings: readonly string[]
}

/** What is taken from the surroundings: the time, and the disk. */
export interface TlsSurroundings {
  readonly nowEpochMs: number
  readonly read?: (path: string) => string
}

const DAY_MS = 86_400_000
const WARN_BEFORE_MS = 14 * DAY_MS

/**
 * Reads key and certificate. Throws MillraceError `bad-config` if one can't be read or they don't belong
 * together.
 */
export function readTls(options: TlsOptions, { nowEpochMs, read = readText }: TlsSurroundings): TlsMaterial {
  const key = pem('tls.key', options.key, read)
  const cert = pem('tls.cert', options.cert, read)
  const certificate = parseCertificate(cert.text, cert.shown)
  if (!certificate.checkPrivateKey(parseKey(key.text, key.shown))) {
    throw bad('tls.key', `${key.shown} is not the key of the certificate ${cert.shown}`)
  }
  const warnings = validity(certificate, nowEpochMs).map((words) => `tls.cert: ${cert.shown} ${words}`)
  return { key: key.text, cert: cert.text, keyFile: key.file, certFile: cert.file, warnings }
}

interface Pem {
  readonly text: string
  readonly file: string | null
  readonly shown: string
}

function pem(path: string, option: string, read: (path: string) => string): Pem {
  if (isPemText(option)) return { text: option, file: null, shown: 'the PEM text' }
  try {
    return { text: read(option), file: option, shown: option }
  } catch (error) {
    throw bad(path, `cannot read ${option}: ${(error as Error).message}`, error)
  }
}

function parseKey(text: string, shown: string): KeyObject {
  if (/ENCRYPTED/.test(text)) throw bad('tls.key', `${shown} is encrypted; give a key without a passphrase`)
  try {
    return createPrivateKey(text)
  } catch (error) {
    throw bad('tls.key', `${shown} is not a private key in PEM form`, error)
  }
}

function parseCertificate(text: string, shown: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch (error) {
    throw bad('tls.cert', `${shown} is not a certificate in PEM form`, error)
  }
}

function validity({ validFrom, validTo }: X509Certificate, nowEpochMs: number): string[] {
  const leftMs = Date.parse(validTo) - nowEpochMs
  if (leftMs <= 0) return [`expired on ${validTo}; clients will refuse it`]
  if (nowEpochMs < Date.parse(validFrom)) return [`is valid from ${validFrom} only; clients will refuse it`]
  return leftMs < WARN_BEFORE_MS ? [`expires on ${validTo}, in ${Math.floor(leftMs / DAY_MS)} days`] : []
}

const readText = (path: string): string => readFileSync(path, 'utf8')

const bad = (path: string, message: string, cause?: unknown): MillraceError =>
  new MillraceError('bad-config', `${path}: ${message}`, { path }, cause)
