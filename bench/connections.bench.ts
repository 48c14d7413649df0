/**
 * Memory of the server per idle connection: growth of its resident memory while a client in another process (this one)
 * opens connections that then say nothing. The server counts as many as were opened.
 */
import { setTimeout as pass } from 'node:timers/promises'
import { closeAll, openStreams } from '../test/engine/raw-sockets.ts'
import { Served } from '../test/engine/served.ts'
import { type BenchResult, benchResult } from './bench.ts'
import { atMost, figure } from './e2e/figures.ts'

export interface Size {
  readonly connections: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { connections: 4000 },
  full: { connections: 19_000 },
}

/** Opened and closed before, so that code is compiled and pools are filled. */
const WARM_UP = 500
const SPARE_FILES = 500
const SETTLE_MS = 1500

export async function run({ connections }: Size): Promise<BenchResult> {
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
    return benchResult([
      figure({
        name: `idle connection, one of ${connections}: memory of the server`,
        unit: 'bytes',
        value: grownBytes / connections,
        check: `${counted === connections ? '' : 'FAULTY: '}${counted} counted of ${connections}`,
        against: atMost(4096),
      }),
    ])
  } finally {
    await served.stop()
  }
}
