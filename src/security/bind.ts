import { BlockList, isIP } from 'node:net'
import { MillraceError } from '../core/errors.ts'

/** The part of the configuration that decides who may reach the engine. */
export interface BindOptions {
  readonly host: string
  readonly insecure: boolean
  readonly auth: { readonly tokens: readonly unknown[] }
  readonly tls: object | null
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/**
 * Whether only programs of this machine can reach `host`. Names other than `localhost` are not trusted to
 * stay so.
 */
export function isLoopback(host: string): boolean {
  const version = isIP(host)
  if (version === 0) return host.toLowerCase() === 'localhost'
  return loopback.check(host, version === 4 ? 'ipv4' : 'ipv6')
}

/**
 * Decides whether the engine may listen on `host`. Beyond loopback it wants authentication, or to be told
 * `insecure`: else it throws MillraceError `insecure-bind`. Returns a warning to be said out loud, or null.
 */
export function checkBind({ host, insecure, auth, tls }: BindOptions): string | null {
  if (isLoopback(host)) return null
  if (auth.tokens.length > 0)
    return tls ? null : `tokens and readings cross the network to ${host} in the clear; configure tls`
  if (insecure)
    return `INSECURE: listening on ${host} without authentication; everyone who reaches the port can write and read`
  const advice =
    'configure auth.tokens (see `millrace token`), listen on 127.0.0.1, or override with --insecure'
  throw new MillraceError('insecure-bind', `refused to listen on ${host} without authentication: ${advice}`, {
    host,
  })
}
