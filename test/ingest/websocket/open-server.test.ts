import net, { type AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createStreamServer } from '../../../src/ingest/websocket/open-server.ts'
import { frame, someReadings } from '../frames.ts'
import { Client, serverParts } from '../server-fixture.ts'

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })

describe('createStreamServer', () => {
  it('takes uWebSockets.js where it loads', async () => {
    const said: string[] = []
    const server = await createStreamServer(serverParts().parts, (message) => said.push(message))
    expect(server.kind).toBe('uWebSockets.js')
    expect(said).toEqual([])
    await server.close()
  })

  it('says so when it falls back to ws', async () => {
    const said: string[] = []
    const broken = (): Promise<Error> => Promise.resolve(new Error('GLIBC_2.38 not found\nmore'))
    const server = await createStreamServer(serverParts().parts, (message) => said.push(message), broken)
    expect(server.kind).toBe('ws')
    expect(said).toEqual([
      'uWebSockets.js does not load here, so the slower "ws" serves instead: GLIBC_2.38 not found',
    ])
    const { host, port } = await server.listen('127.0.0.1', 0)
    const client = await new Client(`ws://${host}:${port}/v1/stream`).opened()
    client.ws.terminate()
    await server.close()
  })

  it('lets several listeners share a port', async () => {
    const port = await freePort()
    const fixtures = [serverParts({ listeners: 2 }), serverParts({ listeners: 2 })]
    const servers = await Promise.all(fixtures.map(({ parts }) => createStreamServer(parts, () => undefined)))
    for (const server of servers) expect(await server.listen('127.0.0.1', port)).toMatchObject({ port })
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => new Client(`ws://127.0.0.1:${port}/v1/stream`).opened()),
    )
    expect(servers[0].sockets + servers[1].sockets).toBe(20)
    for (const client of clients) client.send(frame(1, someReadings(1)))
    for (const client of clients) client.ws.terminate()
    for (const server of servers) await server.close()
  })

  it('says that ws listeners cannot share a port', async () => {
    const broken = (): Promise<Error> => Promise.resolve(new Error('none'))
    const { parts } = serverParts({ listeners: 2 })
    const server = await createStreamServer(parts, () => undefined, broken)
    await expect(server.listen('127.0.0.1', 0)).rejects.toMatchObject({ code: 'bad-config' })
  })
})
