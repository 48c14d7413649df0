/**
 * Posts by node:http and node:https. Which addresses a name stands for is checked by the socket itself, an address in the
 * URL before. The environment's proxies are not used: behind one nobody would know.
 */
import dns from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import {
  checkLiteral,
  connectionError,
  guardedLookup,
  type Resolve,
} from '../../core/outbound/guarded-lookup.ts'
import type { Post, PostAnswer, Poster } from './poster.ts'

/** An answer's body is read no further than this. */
const MOST_ANSWER_BYTES = 64 * 1024

const resolveName: Resolve = (name) => dns.promises.lookup(name, { all: true, verbatim: true })

export class NodePoster implements Poster {
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true }),
    'https:': new https.Agent({ keepAlive: true }),
  }
  readonly #open: LookupFunction
  readonly #checked: LookupFunction

  constructor(resolve: Resolve = resolveName) {
    this.#open = guardedLookup(resolve, true)
    this.#checked = guardedLookup(resolve, false)
  }

  async post(post: Post): Promise<PostAnswer> {
    if (!post.allowPrivate) checkLiteral(post.url)
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
      request.on('error', (error) => reject(connectionError(error, url)))
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
