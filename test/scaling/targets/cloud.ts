/**
 * A provider on 127.0.0.1 with one group of machines that does what the documented API says: the base of the servers of
 * each kind, and what it can be told to do wrong. A fault holds for one request.
 */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { endEachTest } from '../../endings.ts'

/** `denied`: the right is missing; `broken`: an error inside; `hung-up`: the connection ends; `silent`: no answer. */
export type Fault = 'busy' | 'throttled' | 'denied' | 'broken' | 'hung-up' | 'silent'

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Said {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Cloud {
  readonly url: string
  /** What it is to have, and what works. */
  desired: number
  ready: number
  /** Units that there can be; more are taken and do not come. */
  most: number
  /** For requests to come, in order; null = none for that one. */
  readonly faults: (Fault | null)[]
  readonly asked: Asked[]
  /** Sizes asked for that got through to be taken or refused. */
  readonly sizes: number[]
}

/** How a kind of provider talks. */
export interface Speech {
  answer(asked: Asked, cloud: Cloud): Said
  fault(fault: 'busy' | 'throttled' | 'denied' | 'broken'): Said
}

const closing: (() => Promise<void>)[] = []

endEachTest(async () => {
  for (const close of closing.splice(0)) await close()
})

export async function cloudThat(
  speech: Speech,
  tls?: { readonly key: string; readonly cert: string },
): Promise<Cloud> {
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => answer(request, Buffer.concat(chunks).toString(), response))
  }
  const answer = (request: IncomingMessage, body: string, response: ServerResponse): void => {
    const { method = '', headers } = request
    const asked = { method, headers, body, url: new URL(request.url ?? '', cloud.url) }
    cloud.asked.push(asked)
    const fault = cloud.faults.shift() ?? null
    if (fault === 'silent') return
    if (fault === 'hung-up') return void request.socket.destroy()
    const said = fault === null ? speech.answer(asked, cloud) : speech.fault(fault)
    response.writeHead(said.status, said.headers).end(said.body)
  }
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  const cloud: Cloud = { url, desired: 1, ready: 1, most: Infinity, faults: [], asked: [], sizes: [] }
  return cloud
}

/** It takes the size; as many as there can be are ready at once. */
export function take(cloud: Cloud, units: number): void {
  cloud.sizes.push(units)
  cloud.desired = units
  cloud.ready = Math.min(units, cloud.most)
}
