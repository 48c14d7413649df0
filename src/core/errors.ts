/**
 * Operating errors. Expected outcomes (full, refused) are returned values and bugs are assertions; what is left is a
 * MillraceError with a code from this one table, from which docs/errors.md is generated.
 */
export const ERROR_CODES = {
  'bad-config': {
    status: 400,
    retryable: false,
    meaning: 'The configuration is not valid; the message names path, value and what is allowed.',
  },
  'bad-request': {
    status: 400,
    retryable: false,
    meaning: 'The request is not understood; the message says what and where.',
  },
  unauthorized: { status: 401, retryable: false, meaning: 'No token, an unknown token or an expired one.' },
  forbidden: { status: 403, retryable: false, meaning: 'The token is valid but not for this.' },
  'not-found': { status: 404, retryable: false, meaning: 'No such path, device, metric or series.' },
  'method-not-allowed': { status: 405, retryable: false, meaning: 'The path exists, the method does not.' },
  conflict: {
    status: 409,
    retryable: false,
    meaning: 'What is there already contradicts the request, such as two names with one device id.',
  },
  'too-large': {
    status: 413,
    retryable: false,
    meaning: 'The body or message is over the configured limit.',
  },
  'limit-reached': {
    status: 429,
    retryable: true,
    meaning: 'A configured limit (devices, metrics, connections, rate) is reached.',
  },
  internal: { status: 500, retryable: false, meaning: 'A fault of the engine; please report it.' },
  'not-ready': {
    status: 503,
    retryable: true,
    meaning: 'The engine is starting, replaying or shutting down.',
  },
  'at-capacity': { status: 503, retryable: true, meaning: 'The process is at its limit of connections.' },
  'insecure-bind': {
    status: 500,
    retryable: false,
    meaning: 'Refused to listen on a non-loopback address without authentication.',
  },
  'listen-failed': {
    status: 500,
    retryable: true,
    meaning: 'The address could not be listened on, for example because the port is in use.',
  },
  'out-of-memory': {
    status: 500,
    retryable: false,
    meaning: 'The configured limits need more shared memory than there can be (4 GiB).',
  },
  'pipeline-failed': {
    status: 500,
    retryable: false,
    meaning: 'A pipeline module could not be loaded or does not have the expected shape.',
  },
  'storage-failed': {
    status: 503,
    retryable: true,
    meaning:
      'A file of the data directory could not be read, written or made safe; the context has the system code.',
  },
  'storage-damaged': {
    status: 500,
    retryable: false,
    meaning: 'A file of the data directory is not what was written to it.',
  },
  'data-dir-in-use': {
    status: 500,
    retryable: false,
    meaning: 'Another engine works in this data directory; the message says which.',
  },
  'objective-missed': {
    status: 500,
    retryable: false,
    meaning: 'A simulated scenario did not turn out as it says it should.',
  },
  'target-failed': {
    status: 502,
    retryable: false,
    meaning:
      'A scaling target did not take what was asked for, or could not be observed; the message says which and why.',
  },
  closed: { status: 503, retryable: false, meaning: 'The engine is closed.' },
} as const

export type ErrorCode = keyof typeof ERROR_CODES

type RetryableCode = {
  [code in ErrorCode]: (typeof ERROR_CODES)[code]['retryable'] extends true ? code : never
}[ErrorCode]

/** Besides the table, with which the compiler compares it: a bundle for browsers has no room for the meanings. */
const RETRYABLE: Record<RetryableCode, 1> = {
  'limit-reached': 1,
  'not-ready': 1,
  'at-capacity': 1,
  'listen-failed': 1,
  'storage-failed': 1,
}

/** An operating error: `code` from ERROR_CODES, whether trying again can help, and what it was about. */
export class MillraceError extends Error {
  declare readonly code: ErrorCode
  declare readonly retryable: boolean
  declare readonly context: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, context: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'MillraceError'
    this.code = code
    this.retryable = code in RETRYABLE
    this.context = context
  }
}

/** Throws if `condition` doesn't hold: a bug, not an operating error. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`)
}
