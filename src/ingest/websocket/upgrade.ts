import type { HttpResponse } from '../../core/http.ts'
import type { Sender } from '../connection.ts'
import type { Intake } from '../frame-intake.ts'
import { errorResponse } from './responses.ts'
import { STREAM_PATH, type Authenticate } from './stream-server.ts'

const MAX_CLIENT_LENGTH = 128
const BEARER = /^Bearer +(\S+)$/i

/** What an upgrade request says, whatever server read it. */
export interface UpgradeRequest {
  readonly path: string
  readonly query: string
  readonly authorization: string
  readonly address: string
}

/** Decides on an upgrade before it happens: who streams, or the response that refuses it. */
export function admit(
  request: UpgradeRequest,
  authenticate: Authenticate,
  intake: Intake,
): { readonly sender: Sender } | { readonly refusal: HttpResponse } {
  if (request.path !== STREAM_PATH) {
    return refuse(errorResponse('not-found', `streams are at ${STREAM_PATH}, not at ${request.path}`))
  }
  const query = new URLSearchParams(request.query)
  const client = query.get('client') ?? ''
  if (client.length > MAX_CLIENT_LENGTH) {
    return refuse(errorResponse('bad-request', `client is longer than ${MAX_CLIENT_LENGTH} characters`))
  }
  const token = BEARER.exec(request.authorization)?.[1] ?? query.get('token') ?? ''
  const identity = authenticate(token, request.address)
  if ('refused' in identity) {
    const challenge = identity.refused === 'unauthorized' ? { 'WWW-Authenticate': 'Bearer' } : {}
    return refuse(errorResponse(identity.refused, identity.message, challenge))
  }
  const { tenant } = identity
  const full = intake.connectionRefusal(request.address, tenant)
  if (full !== '') return refuse(errorResponse('limit-reached', full, { 'Retry-After': '5' }))
  return { sender: { address: request.address, client, tenant } }
}

const refuse = (refusal: HttpResponse): { readonly refusal: HttpResponse } => ({ refusal })

/** True when the client offers `name` among its sub-protocols. */
export const offers = (header: string, name: string): boolean =>
  header.split(',').some((offered) => offered.trim() === name)

/** Text like ::ffff:127.0.0.1 as the IPv4 address it is. */
export const plainAddress = (address: string): string =>
  address.replace(/^(?:::ffff:|0000:0000:0000:0000:0000:ffff:)/i, '')
