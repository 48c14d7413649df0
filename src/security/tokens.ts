import { createHash, timingSafeEqual } from 'node:crypto'
import type { TokenOptions } from './options.ts'

/** What a request wants to do: stream readings, or use the HTTP API. */
export type Scope = 'device' | 'api'

/** Who presented a token, or why they don't get in. */
export type Identity =
  | { readonly ok: true; readonly name: string; readonly tenant: string }
  | { readonly ok: false; readonly status: 401 | 403; readonly reason: string }

interface StoredToken {
  readonly hash: Buffer
  readonly name: string
  readonly scope: TokenOptions['scope']
  readonly tenant: string
  /** Infinity = never. */
  readonly expiresEpochMs: number
}

const ANYONE: Identity = { ok: true, name: '', tenant: '' }

/**
 * Knows bearer tokens by their SHA-256. What is presented is compared with every stored hash in constant
 * time, so that neither the time nor the answer tells how much of a guess was right. Without tokens everyone
 * is let in as nobody.
 */
export class Authenticator {
  readonly enabled: boolean
  readonly #stored: readonly StoredToken[]

  constructor({ tokens }: { readonly tokens: readonly TokenOptions[] }) {
    this.#stored = tokens.map(({ sha256, name, scope, tenant, expires }) => ({
      ...{ hash: Buffer.from(sha256, 'hex'), name, scope, tenant },
      expiresEpochMs: expires === null ? Infinity : Date.parse(expires),
    }))
    this.enabled = tokens.length > 0
  }

  authenticate(token: string | undefined, scope: Scope, nowEpochMs: number): Identity {
    if (!this.enabled) return ANYONE
    if (token === undefined || token === '') return unauthorized('a bearer token is required')
    const holder = this.#find(createHash('sha256').update(token).digest())
    if (holder === undefined) return unauthorized('the token is not known')
    if (nowEpochMs >= holder.expiresEpochMs) return unauthorized('the token has expired')
    if (holder.scope !== 'all' && holder.scope !== scope) return forbidden(holder, scope)
    return { ok: true, name: holder.name, tenant: holder.tenant }
  }

  #find(hash: Buffer): StoredToken | undefined {
    let found = -1
    for (let i = 0; i < this.#stored.length; i++) {
      // no early exit: the position of a match must not show in the time
      found = timingSafeEqual(hash, this.#stored[i].hash) ? i : found
    }
    return this.#stored[found]
  }
}

const unauthorized = (reason: string): Identity => ({ ok: false, status: 401, reason })

const forbidden = ({ name, scope }: StoredToken, wanted: Scope): Identity => ({
  ok: false,
  status: 403,
  reason: `the token of ${name} is for scope ${scope}, this needs ${wanted}`,
})

/** The hash under which the configuration knows `token`. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex')

/**
 * The token of a request: from `Authorization: Bearer …`, else from `?token=…`, which browsers' WebSockets
 * need. `query` comes without the question mark.
 */
export function bearerToken(authorization: string, query: string): string | undefined {
  const header = /^bearer +([^\s]+) *$/i.exec(authorization)
  if (header) return header[1]
  return new URLSearchParams(query).get('token') ?? undefined
}
