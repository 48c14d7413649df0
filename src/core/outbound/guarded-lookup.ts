/**
 * Which addresses a name stands for, asked by the socket itself through its `lookup` hook, so that what was checked is
 * what is connected to.
 */
import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isForbidden, literalAddress } from './forbidden-addresses.ts'

/** Finds all addresses of a name. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>

const FORBIDDEN_WORDS = 'a private, loopback or link-local address; allowPrivate: true allows it'

/** Throws if the URL says a forbidden address itself, for which no name is looked up. */
export function checkLiteral(url: URL): void {
  const literal = literalAddress(url.hostname)
  if (literal !== undefined && isForbidden(literal)) throw new Error(`${literal} is ${FORBIDDEN_WORDS}`)
}

/** `allowPrivate`: whatever is found may be connected to. */
export function guardedLookup(resolve: Resolve, allowPrivate: boolean): LookupFunction {
  return (name, options, done) => {
    const family = options.family === 4 || options.family === 6 ? options.family : 0
    resolve(name).then(
      (found) => {
        const usable = found.filter(
          (one) => (allowPrivate || !isForbidden(one.address)) && (family === 0 || one.family === family),
        )
        const [first] = usable
        if (first === undefined) done(nothingFor(name, found), '', 0)
        else if (options.all) done(null, usable)
        else done(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => done(error, '', 0),
    )
  }
}

function nothingFor(name: string, found: readonly LookupAddress[]): Error {
  if (found.length === 0) return new Error(`${name} has no address`)
  return new Error(`${name} is at ${found.map(({ address }) => address).join(', ')}: ${FORBIDDEN_WORDS}`)
}

/** A connection that fails on several addresses has no words of its own. */
export function connectionError(error: Error, url: URL): Error {
  const parts = error instanceof AggregateError ? (error.errors as Error[]) : [error]
  return new Error(`${url.host}: ${parts.map(({ message }) => message).join('; ')}`, { cause: error })
}
