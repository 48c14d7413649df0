/** An HTTP server on 127.0.0.1 that takes webhooks and answers as it is told. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { endEachTest } from '../endings.ts'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Ids of the items in it. */
  readonly ids: string[]
}

/** Answers one request; `undefined` = 204. */
export type Answer = ((received: Received, response: ServerResponse) => void) | undefined

const servers: Server[] = []

endEachTest(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

export async function receiver(answers: Answer[] = []) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const items = (body === '' ? [] : (JSON.parse(body) as { items: { id: string }[] }).items) ?? []
      const one = { headers: request.headers, body, ids: items.map(({ id }) => id) }
      received.push(one)
      const answer = answers.shift()
      if (answer === undefined) response.writeHead(204).end()
      else answer(one, response)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/hook`, port, received }
}

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    void response.writeHead(code, headers).end()

export const hangUp: Answer = (_, response) => void response.socket?.destroy()

export const silence: Answer = () => undefined

/** Waits for what happens outside of the virtual time; the test's own time limit ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2))
}
