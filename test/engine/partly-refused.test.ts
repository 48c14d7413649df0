import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deviceIdOf, seriesKey } from '../../src/core/ids.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { Served } from './served.ts'
import { type Answer, StreamClient } from './stream-client.ts'
import { freePort } from './listeners.fixture.ts'
import { moment, startEngine } from './rig.ts'

const KNOWN = seriesKey(deviceIdOf('known'), 1)
const LATER = seriesKey(deviceIdOf('later'), 1)
const MANY = 40
const OPEN_FILES = 1024

let dataDir = ''
const running: Served[] = []

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'millrace-part-'))
})

afterEach(() => {
  for (const { child } of running.splice(0)) child.kill('SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
})

/** Where an engine listens. */
interface Reached {
  readonly port: number
}

/** Takes readings of registered devices only. */
const configOf = async (listeners: number) => ({
  ...{ port: await freePort(), listeners, dataDir },
  ...({ durability: 'journal', admission: 'known' } as const),
  checkpoint: { everyMs: 600_000 },
  journal: { segmentBytes: 1024 * 1024 },
})

/** An engine in this process; it is ready. */
async function start(listeners: number): Promise<Reached & { readonly engine: Engine }> {
  const config = await configOf(listeners)
  const engine = await startEngine({ ...config, pool: { max: 1 } })
  await engine.listen()
  await engine.ready
  return { port: config.port, engine }
}

/** An engine in a process of its own. */
async function serve(listeners: number): Promise<Served> {
  const served = await Served.start(OPEN_FILES, await configOf(listeners))
  running.push(served)
  for (let i = 0; (await served.status('/readyz')) !== 200; i++) {
    if (i > 3000) throw new Error('not ready within a minute')
    await moment(20)
  }
  return served
}

async function killed(served: Served): Promise<void> {
  served.child.kill('SIGKILL')
  await new Promise((resolve) => served.child.once('exit', resolve))
}

async function register({ port }: Reached, name: string): Promise<void> {
  const url = `http://127.0.0.1:${port}/v1/devices/${name}`
  const headers = { 'content-type': 'application/json' }
  const { status } = await fetch(url, { method: 'PUT', headers, body: '{}' })
  expect([200, 201]).toContain(status)
}

async function countOf({ port }: Reached, device: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/series/${device}/value`)
  return response.status === 404 ? 0 : ((await response.json()) as { count: number }).count
}

const inText = (device: string, value: unknown = 1) => ({ device, metric: 'value', value })

/** Sends what is taken in part, and one frame that is taken as a whole; returns the answers. */
async function send({ port }: Reached): Promise<readonly Answer[]> {
  const client = await StreamClient.open(port, 'gate-1')
  client.send(1, [
    { series: LATER, value: 1 },
    { series: KNOWN, value: 1 },
  ])
  const many = Array.from({ length: MANY }, (_, i) => ({ series: i % 3 === 1 ? LATER : KNOWN, value: 1 }))
  client.send(2, many)
  client.sendText({
    seq: 3,
    readings: [inText('known', 'x'), inText('known'), inText('later'), inText('known')],
  })
  client.send(4, [{ series: KNOWN, value: 1 }])
  for (const seq of [1, 2, 3]) await client.answered(seq)
  while (client.acceptedUpTo < 4) await moment(5)
  await client.close()
  return [...client.answers]
    .sort((a, b) => a.seq - b.seq)
    .map(({ retryAfterMs: _, ...answer }) => ({ ...answer, retryAfterMs: 0 }))
}

const TAKEN = 1 + MANY - 13 + 2 + 1
const everyThird = Array.from({ length: 13 }, (_, i) => 3 * i + 1)
const EXPECTED = [
  { seq: 1, status: 'refused', reason: 'unknown-device', refused: [0] },
  { seq: 2, status: 'refused', reason: 'unknown-device', refused: everyThird },
  { seq: 3, status: 'refused', reason: 'unknown-device', refused: [0, 2] },
]

describe.each([1, 2])('a frame taken in part by an engine with %i listeners', (listeners) => {
  it('is answered the same after kill -9, although all of it could be taken then', async () => {
    const first = await serve(listeners)
    await register(first, 'known')
    const answers = await send(first)
    expect(answers).toMatchObject(EXPECTED)
    await killed(first)
    const second = await serve(listeners)
    await register(second, 'later')
    expect(await send(second)).toEqual(answers)
    expect(await countOf(second, 'known')).toBe(TAKEN)
    expect(await countOf(second, 'later')).toBe(0)
  }, 120_000)

  it('is answered the same after ends in good order, when the journal before the checkpoints is not read any more', async () => {
    const first = await start(listeners)
    await register(first, 'known')
    const answers = await send(first)
    await first.engine.close()
    for (let restart = 0; restart < 2; restart++) {
      const next = await start(listeners)
      expect(await send(next)).toEqual(answers)
      await next.engine.close()
    }
    const last = await start(listeners)
    await register(last, 'later')
    expect(await send(last)).toEqual(answers)
    expect(await countOf(last, 'known')).toBe(TAKEN)
    expect(await countOf(last, 'later')).toBe(0)
    // before its folder goes
    await last.engine.close()
  }, 120_000)
})
