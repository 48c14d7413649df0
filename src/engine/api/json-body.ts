/** Reads a request's body as JSON; what is wrong with it is said with line and column. */
import { MillraceError } from '../../core/errors.ts'
import { findJsonFault } from './json-fault.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

export function readJson(body: Uint8Array): unknown {
  const text = decode(body)
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    const { offset, expected } = findJsonFault(text) ?? { offset: text.length, expected: 'JSON' }
    const before = text.slice(0, offset).split('\n')
    const where = `line ${before.length}, column ${before[before.length - 1].length + 1}`
    const found = offset < text.length ? JSON.stringify(text.slice(offset, offset + 1)) : 'the end'
    throw new MillraceError(
      'bad-request',
      `body: not JSON at ${where}: ${found}; expected ${expected}`,
      { offset },
      cause,
    )
  }
}

function decode(body: Uint8Array): string {
  try {
    return decoder.decode(body)
  } catch (cause) {
    throw new MillraceError('bad-request', 'body: not UTF-8; allowed: JSON in UTF-8', {}, cause)
  }
}
