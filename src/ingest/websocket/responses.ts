import { STATUS_CODES } from 'node:http'
import { ERROR_CODES, type ErrorCode } from '../../core/errors.ts'
import type { HttpResponse } from '../../core/http.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/** An error as this API tells it. */
export function errorResponse(
  code: ErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const { status, retryable } = ERROR_CODES[code]
  const body = JSON.stringify({ code, message, retryable })
  return { status, contentType: JSON_TYPE, body, headers }
}

export const statusLine = (status: number): string => `${status} ${STATUS_CODES[status] ?? 'Unknown'}`
