/**
 * By node:http and node:https, a connection for each request: they are seconds apart. Which addresses a name stands for
 * is checked by the socket itself, an address in the URL before.
 */
import dns from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import {
  checkLiteral,
  connectionError,
  guardedLookup,
  type Resolve,
} from '../../../core/outbound/guarded-lookup.ts'
import type { HttpAnswer, HttpExchange, HttpQuestion } from './exchange.ts'

/** An answer that is longer is none that a target gives. */
const MOST_ANSWER_BYTES = 4 * 1024 * 1024

const resolveName: Resolve = (name) => dns.promises.lookup(name, { all: true, verbatim: true })

export class NodeExchange implements HttpExchange {
  readonly #resolve: Resolve

  constructor(resolve: Resolve = resolveName) {
    this.#resolve = resolve
  }

  async ask(question: HttpQuestion): Promise<HttpAnswer> {
    const { url, body, ca, allowPrivate, method, signal } = question
    if (!allowPrivate) checkLiteral(url)
    const bytes = Buffer.from(body)
    const options = {
      ...{ method, signal, agent: false as const, lookup: guardedLookup(this.#resolve, allowPrivate) },
      headers: { 'user-agent': 'millrace', ...question.headers, 'content-length': bytes.length },
      ...(ca === '' ? {} : { ca }),
    }
    return new Promise((resolve, reject) => {
      const request = url.protocol === 'https:' ? https.request(url, options) : http.request(url, options)
      request.on('error', (error) => reject(connectionError(error, url)))
      request.on('response', (response) => void textOf(response).then(resolve, reject))
      request.end(bytes)
    })
  }
}

async function textOf(response: http.IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MOST_ANSWER_BYTES) throw new Error(`the answer is longer than ${MOST_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  const { statusCode, headers } = response
  const body = Buffer.concat(chunks).toString()
  return { status: statusCode as number, retryAfter: headers['retry-after'] ?? '', body }
}
