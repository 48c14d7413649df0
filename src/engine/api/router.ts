/**
 * Finds what answers a request: a table of method and pattern, `{name}` standing for one percent-encoded segment.
 * HEAD is GET without the body. Every fault becomes a response here.
 */
import { type ErrorCode, MillraceError } from '../../core/errors.ts'
import type { HttpHandler, HttpRequest, HttpResponse } from '../../core/http.ts'
import { failure } from './responses.ts'

export interface Call {
  readonly request: HttpRequest
  /** Segments of the path by the names in the pattern, decoded. */
  readonly params: Readonly<Record<string, string>>
}

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'
  readonly pattern: string
  /** Answers without a token even where authentication is on. */
  readonly open?: true
  readonly answer: (call: Call) => HttpResponse | Promise<HttpResponse>
}

/** What comes with an error. */
const HEADERS: Partial<Record<ErrorCode, Readonly<Record<string, string>>>> = {
  unauthorized: { 'www-authenticate': 'Bearer' },
  'not-ready': { 'retry-after': '1' },
}

export interface RouterOptions {
  /** Throws a MillraceError if the sender may not use the API. */
  readonly authorize: (request: HttpRequest) => void
  /** Told of whatever is thrown that is no MillraceError. */
  readonly fault: (error: unknown) => void
}

interface CompiledRoute {
  readonly route: Route
  readonly segments: readonly string[]
}

export function createRouter(routes: readonly Route[], { authorize, fault }: RouterOptions): HttpHandler {
  const compiled = routes.map((route) => ({ route, segments: route.pattern.split('/') }))
  return (request) => {
    const finish = (response: HttpResponse): HttpResponse => withoutBodyForHead(request, response)
    const fail = (error: unknown): HttpResponse => finish(failed(error, fault))
    try {
      const answered = answer(compiled, request, authorize)
      return answered instanceof Promise ? answered.then(finish, fail) : finish(answered)
    } catch (error) {
      return fail(error)
    }
  }
}

function answer(
  routes: readonly CompiledRoute[],
  request: HttpRequest,
  authorize: RouterOptions['authorize'],
): HttpResponse | Promise<HttpResponse> {
  const segments = request.path.split('/')
  const matching = routes.filter((candidate) => matches(candidate.segments, segments))
  if (matching.length === 0) return failure('not-found', `there is no path ${shorten(request.path)}`)
  if (!matching.every(({ route }) => route.open)) authorize(request)
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const found = matching.find(({ route }) => route.method === method)
  if (found === undefined) return methodNotAllowed(request, matching)
  return found.route.answer({ request, params: paramsOf(found.segments, segments) })
}

const isParam = (segment: string): boolean => segment.startsWith('{')

const matches = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length &&
  pattern.every((part, at) => (isParam(part) ? segments[at] !== '' : part === segments[at]))

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {}
  pattern.forEach((part, at) => {
    if (isParam(part)) params[part.slice(1, -1)] = decode(segments[at], part)
  })
  return params
}

function decode(segment: string, part: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    const message = `path: ${part}: ${shorten(segment)} is not allowed; allowed: percent-encoded UTF-8`
    throw new MillraceError('bad-request', message, {}, cause)
  }
}

function methodNotAllowed(request: HttpRequest, matching: readonly CompiledRoute[]): HttpResponse {
  const methods = matching.map(({ route }) => route.method as string)
  const allow = (methods.includes('GET') ? [...methods, 'HEAD'] : methods).join(', ')
  const message = `${shorten(request.method)} is not allowed on ${shorten(request.path)}; allowed: ${allow}`
  return failure('method-not-allowed', message, { allow })
}

function failed(error: unknown, fault: (error: unknown) => void): HttpResponse {
  if (error instanceof MillraceError) {
    return failure(error.code, error.message, HEADERS[error.code] ?? {})
  }
  fault(error)
  return failure('internal', 'a fault of the engine; please report it')
}

function withoutBodyForHead(request: HttpRequest, response: HttpResponse): HttpResponse {
  if (request.method !== 'HEAD') return response
  const { status, contentType, headers } = response
  return { status, contentType, headers: headers ?? {}, body: '' }
}

const shorten = (text: string): string => JSON.stringify(text.length <= 128 ? text : `${text.slice(0, 128)}…`)
