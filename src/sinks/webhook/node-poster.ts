/**
 * Posts by node:http and node:https. Which addresses a name stands for is asked by the socket itself, through the hook
 * below, so what was checked is what is connected to; an address in the URL is checked before. The environment's
 * proxies are not used: behind one nobody would know.
 */
import dns from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { isForbidden, literalAddress } from './forbidden-addresses.ts'
import type { Post, PostAnswer, Poster } from './poster.ts'

/** Finds all addresses of a name. */
export type Resolve = (name: string) => Promise<readonly dns.LookupAddress[]>

/** An answer's body is read no further than this. */
const MOST_ANSWER_BYTES = 64 * 1024
const FORBIDDEN_WORDS = 'a private, loopback or link-local address; allowPrivate: true allows it'

const resolveName: Resolve = (name) => dns.promises.lookup(name, { all: true, verbatim: true })

export class NodePoster implements Poster {
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true }),
    'https:': new https.Agent({ keepAlive: true }),
  }
  readonly #open: LookupFunction
  readonly #checked: LookupFunction

  constructor(resolve: Resolve = resolveName) {
    this.#open = lookupBy(resolve, () => true)
    this.#checked = lookupBy(resolve, ({ address }) => !isForbidden(address))
  }

  post(post: Post): Promise<PostAnswer> {
    const { url, allowPrivate } = post
    const literal = literalAddress(url.hostname)
    if (!allowPrivate && literal !== undefined && isForbidden(literal))
      return Promise.reject(new Error(`${literal} is ${FORBIDDEN_WORDS}`))
    return this.#send(post)
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }

  #send({ url, headers, body, allowPrivate, signal }: Post): Promise<PostAnswer> {
    const isSecure = url.protocol === 'https:'
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-length': body.length },
      agent: this.#agents[isSecure ? 'https:' : 'http:'],
      lookup: allowPrivate ? this.#open : this.#checked,
      signal,
    }
    return new Promise((resolve, reject) => {
      const request = isSecure ? https.request(url, options) : http.request(url, options)
      request.on('error', (error) => reject(wordsFor(error, url)))
      request.on('response', (response) => {
        const { statusCode = 0, headers } = response
        readAway(response)
        resolve({ status: statusCode, retryAfter: headers['retry-after'] ?? '' })
      })
      request.end(body)
    })
  }
}

/** Reads what comes, so that the connection can be used again; a long answer ends it. */
function readAway(response: http.IncomingMessage): void {
  let bytes = 0
  response.on('error', () => undefined)
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MOST_ANSWER_BYTES) response.destroy()
  })
}

function lookupBy(resolve: Resolve, isAllowed: (address: dns.LookupAddress) => boolean): LookupFunction {
  return (name, options, done) => {
    const family = options.family === 4 || options.family === 6 ? options.family : 0
    resolve(name).then(
      (found) => {
        const usable = found.filter((one) => isAllowed(one) && (family === 0 || one.family === family))
        const [first] = usable
        if (first === undefined) done(nothingFor(name, found), '', 0)
        else if (options.all) done(null, usable)
        else done(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => done(error, '', 0),
    )
  }
}

function nothingFor(name: string, found: readonly dns.LookupAddress[]): Error {
  if (found.length === 0) return new Error(`${name} has no address`)
  return new Error(`${name} is at ${found.map(({ address }) => address).join(', ')}: ${FORBIDDEN_WORDS}`)
}

/** A connection that fails on several addresses has no words of its own. */
function wordsFor(error: Error, url: URL): Error {
  const parts = error instanceof AggregateError ? (error.errors as Error[]) : [error]
  return new Error(`${url.host}: ${parts.map(({ message }) => message).join('; ')}`, { cause: error })
}
