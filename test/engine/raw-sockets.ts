import net from 'node:net'
import { UPGRADE } from '../ingest/server-fixture.ts'

const AT_ONCE = 100

/** A TCP connection and what became of it. */
export interface RawSocket {
  readonly socket: net.Socket
  /** Status of the first response; 0 = none. */
  status: number
  isClosed: boolean
}

/** Opens `count` connections, each asking for a stream, and waits until each is answered or closed. */
export async function openStreams(port: number, count: number): Promise<RawSocket[]> {
  const all: RawSocket[] = []
  while (all.length < count) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - all.length) }, () => openStream(port))
    all.push(...(await Promise.all(batch)))
  }
  return all
}

function openStream(port: number): Promise<RawSocket> {
  const socket = net.connect(port, '127.0.0.1', () => socket.write(UPGRADE('/v1/stream')))
  const raw: RawSocket = { socket, status: 0, isClosed: false }
  return new Promise((resolve) => {
    socket.once('data', (data) => {
      raw.status = Number(data.toString('latin1', 9, 12))
      socket.resume()
      resolve(raw)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      raw.isClosed = true
      resolve(raw)
    })
  })
}

export function closeAll(sockets: readonly RawSocket[]): void {
  for (const { socket } of sockets) socket.destroy()
}
