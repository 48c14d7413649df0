/**
 * Memory of the server per idle connection: growth of its resident memory while a client in another process (this one)
 * opens connections that then say nothing. The check value: the server counts as many as were opened.
 *
 *   npx tsx bench/connections.bench.ts [small]
 */
import { setTimeout as pass } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { closeAll, openStreams } from '../test/engine/raw-sockets.ts'
import { Served } from '../test/engine/served.ts'

export interface Size {
  readonly connections: number
}

export const small: Size = { connections: 4000 }
export const full: Size = { connections: 19_000 }

export interface Result {
  readonly perConnectionBytes: number
  /** As the server counts them. */
  readonly connections: number
}

/** Opened and closed before, so that code is compiled and pools are filled. */
const WARM_UP = 500
const SPARE_FILES = 500
const SETTLE_MS = 1500

export async function memoryOfConnections({ connections }: Size): Promise<Result> {
  const served = await Served.start(connections + SPARE_FILES)
  try {
    closeAll(await openStreams(served.port, WARM_UP))
    await pass(SETTLE_MS)
    const before = served.rssBytes()
    const sockets = await openStreams(served.port, connections)
    await pass(SETTLE_MS)
    const grownBytes = served.rssBytes() - before
    const counted = await served.connections()
    closeAll(sockets)
    return { perConnectionBytes: grownBytes / connections, connections: counted }
  } finally {
    await served.stop()
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const size = process.argv[2] === 'small' ? small : full
  const { perConnectionBytes, connections } = await memoryOfConnections(size)
  const check = connections === size.connections ? 'all counted' : 'NOT ALL COUNTED'
  console.log(
    `${connections.toLocaleString('en-US')} idle connections: ${Math.round(perConnectionBytes)} bytes each, ${check}`,
  )
}
