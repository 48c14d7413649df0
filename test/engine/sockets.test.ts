import net from 'node:net'
import { setTimeout as pass } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import * as connections from '../../bench/connections.bench.ts'
import { freePort, soon } from './listeners.fixture.ts'
import { closeAll, openStreams, type RawSocket } from './raw-sockets.ts'
import { Served } from './served.ts'

const WATCHED_SECONDS = 1

// takes as long as its timeouts, so it goes on beside the others
let silence: ReturnType<typeof outwaitSilent>
beforeAll(() => {
  silence = outwaitSilent()
  silence.catch(() => undefined)
})

describe.each([1, 2])('the sockets of a process with listeners: %i', (listeners) => {
  let served: Served
  let sockets: RawSocket[] = []
  const start = async (openFiles: number): Promise<void> => {
    served = await Served.start(openFiles, { listeners, port: await freePort() })
  }
  afterEach(async () => {
    closeAll(sockets)
    expect(await served.stop()).toBe(0)
  })

  it('stay below its limit of open files: 503 for the rest, metrics for all, hardly any CPU', async () => {
    await start(300)
    sockets = await openStreams(served.port, 600)
    const open = sockets.filter(({ status }) => status === 101)
    expect(open.length).toBeGreaterThan(100)
    expect(open.length).toBeLessThan(300)
    expect(sockets.filter(({ status }) => status === 503).length).toBeGreaterThan(0)
    // one that came while many others were still being answered is closed unheard
    const unanswered = sockets.filter(({ status }) => status !== 101 && status !== 503)
    expect(unanswered.every(({ status, isClosed }) => status === 0 && isClosed)).toBe(true)
    const before = served.cpuSeconds()
    await pass(WATCHED_SECONDS * 1000)
    expect((served.cpuSeconds() - before) / WATCHED_SECONDS).toBeLessThan(0.2)
    expect(open.every(({ isClosed }) => !isClosed)).toBe(true)
    expect(await served.status('/metrics')).toBe(200)
    expect(await served.status('/v1/stats')).toBe(503)
    closeAll(sockets)
    await soon(async () => (await served.status('/v1/stats')) === 200 && (await served.connections()) === 0)
    sockets = await openStreams(served.port, 50)
    expect(sockets.every(({ status }) => status === 101)).toBe(true)
  })
})

/** More hang there without a word than the process may have open; they have ten seconds. Returns how busy it was. */
async function outwaitSilent(): Promise<number> {
  const served = await Served.start(300)
  try {
    const silent = Array.from({ length: 600 }, () => net.connect(served.port, '127.0.0.1'))
    for (const socket of silent) socket.on('error', () => undefined).resume()
    await pass(500)
    const before = served.cpuSeconds()
    await pass(WATCHED_SECONDS * 1000)
    const busy = (served.cpuSeconds() - before) / WATCHED_SECONDS
    await soon(async () => (await served.status('/metrics')) === 200)
    for (const socket of silent) socket.destroy()
    return busy
  } finally {
    expect(await served.stop()).toBe(0)
  }
}

it('silent sockets do not keep a process busy, and make room again', async () => {
  expect(await silence).toBeLessThan(0.2)
})

it('connections.bench: an idle connection costs the server at most 4 KiB', async () => {
  const { value, check } = await connections.run(connections.sizes.small)
  expect(check).toBe(0)
  expect(value).toBeLessThanOrEqual(4096)
})
