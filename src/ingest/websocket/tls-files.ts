import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MillraceError } from '../../core/errors.ts'
import type { Tls } from './stream-server.ts'

const isPem = (text: string): boolean => text.includes('-----BEGIN ')

/** The PEM text of a key or certificate given as text or as a file's name. */
export function pemText(textOrFile: string): string {
  if (isPem(textOrFile)) return textOrFile
  try {
    return readFileSync(textOrFile, 'utf8')
  } catch (error) {
    throw new MillraceError(
      'bad-config',
      `cannot read the TLS file ${textOrFile}`,
      { file: textOrFile },
      error,
    )
  }
}

/** Calls `use` with file names of key and certificate; those written for it are removed when it returns. */
export function withTlsFiles<T>(tls: Tls, use: (key: string, cert: string) => T): T {
  const key = pemText(tls.key)
  const cert = pemText(tls.cert)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
  try {
    writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 })
    writeFileSync(join(folder, 'cert.pem'), cert, { mode: 0o600 })
    return use(join(folder, 'key.pem'), join(folder, 'cert.pem'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const invalidPair = (cause: unknown): MillraceError =>
  new MillraceError('bad-config', 'the TLS key and certificate are not a valid pair', {}, cause)
