/** Responses as the API gives them: JSON, and errors as `{ code, message, retryable }` with the matching status. */
import { ERROR_CODES, type ErrorCode, MillraceError } from '../../core/errors.ts'
import type { HttpResponse } from '../../core/http.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

export const json = (document: unknown, status = 200): HttpResponse => ({
  status,
  contentType: JSON_TYPE,
  body: JSON.stringify(document),
})

export const failure = (
  code: ErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => {
  const { status, retryable } = ERROR_CODES[code]
  return { ...json({ code, message, retryable }, status), headers }
}

export const notFound = (message: string): MillraceError => new MillraceError('not-found', message)
