/** A disk that gets full under a real server: who is refused, who is not, and what goes on all the while. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { canMount, dataFolder, type Medium, plainFolder, smallMedium } from '../torture/medium.ts'
import { SeriesAccount } from '../torture/series-account.ts'
import { Server } from '../torture/server.ts'
import { type Answer, binaryFrame, readAnswer } from '../torture/wire.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const MIB = 1024 * 1024
/** From the lowest. */
const TIERS = ['bulk', 'standard', 'premium', 'critical']

let medium: Medium | undefined
let server: Server | undefined
afterEach(async () => {
  await server?.kill()
  medium?.remove()
})

async function serve(on: Medium): Promise<Server> {
  medium = on
  const folder = join(on.path, 'config')
  mkdirSync(folder, { recursive: true })
  const config = {
    ...{ port: 0, durability: 'journal', dataDir: dataFolder(on) },
    journal: { segmentBytes: MIB, retainBytes: 0 },
    checkpoint: { everyMs: 1000 },
    rules: TIERS.map((tier) => ({ match: `${tier}-*`, tier })),
    anomalies: { warmup: 5 },
    limits: { series: 10_000, devices: 10_000, ringBytes: MIB, frameBytes: 65_536 },
  }
  const started = await Server.start({ root, folder, config })
  server = started
  await started.ready()
  return started
}

/** Sends one reading of each tier at a time, and tells how many tiers were refused. */
class Prober {
  readonly accounts = TIERS.map((tier) => new SeriesAccount(`${tier}-probe`))
  /** By account, what was acknowledged. */
  readonly acknowledged = TIERS.map(() => 0)
  /** How many tiers were refused, whenever that had changed. */
  readonly seen: number[] = []
  readonly #socket: WebSocket
  #seq = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  static async open(one: Server): Promise<Prober> {
    const socket = new WebSocket(`ws://127.0.0.1:${one.port}/v1/stream?client=prober`)
    await once(socket, 'open')
    const prober = new Prober(socket)
    for (const { device } of prober.accounts) await one.register(device)
    return prober
  }

  /** Only ever the lowest tiers are refused, and always for the same reason. */
  async probe(filling = 0, spike = false): Promise<number> {
    const readings = this.accounts.map((account) => account.make())
    const sent = readings.map((one, tier) => (spike && tier === 3 ? { ...one, value: 1_000_000 } : one))
    this.#socket.send(binaryFrame(++this.#seq, sent, filling))
    const answer = await this.#answer(this.#seq)
    const indexes = refusedOf(answer)
    expect(indexes).toEqual([0, 1, 2, 3].slice(0, indexes.length))
    if (indexes.length > 0) expect(answer.reason).toBe('storage')
    TIERS.forEach((_, tier) => (this.acknowledged[tier] += indexes.includes(tier) ? 0 : 1))
    if (this.seen.at(-1) !== indexes.length) this.seen.push(indexes.length)
    return indexes.length
  }

  async #answer(seq: number): Promise<Answer> {
    for (;;) {
      const [data, isBinary] = (await once(this.#socket, 'message')) as [Buffer, boolean]
      const answer = readAnswer(data, isBinary)
      const isLater = answer.status === 'accepted' && answer.seq > seq
      if (answer.seq === seq || isLater) return answer
    }
  }
}

const refusedOf = ({ status, refused }: Answer): readonly number[] =>
  status === 'accepted' ? [] : refused.length > 0 ? refused : [0, 1, 2, 3]

/** Reads, alerts and metrics go on. */
async function expectAlive(one: Server, { accounts, acknowledged }: Prober): Promise<void> {
  const text = await fetch(`http://127.0.0.1:${one.port}/metrics`)
  expect(await text.text()).toContain('millrace_storage_status{status="ok"} 0')
  expect((await fetch(`http://127.0.0.1:${one.port}/readyz`)).status).toBe(200)
  expect((await one.stats()).durability?.storage.refusedTiers).toBeGreaterThan(0)
  const isIdle = async (): Promise<boolean> => (await one.stats()).account.inFlight === 0
  await one.until(isIdle, 'all processed')
  expect(await countsOf(one, accounts)).toEqual(acknowledged)
}

const countsOf = (one: Server, accounts: readonly SeriesAccount[]): Promise<number[]> =>
  Promise.all(
    accounts.map(
      async ({ device }) => (await one.get<{ count: number }>(`/v1/series/${device}/value`)).count,
    ),
  )

const moment = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Takes room by the mebibyte, and then what is left. */
function fillSlowly({ path }: Medium): { readonly more: () => void; readonly remove: () => void } {
  const files: string[] = []
  const more = (): void => {
    const file = join(path, `ballast-${files.length}`)
    files.push(file)
    try {
      writeFileSync(file, Buffer.alloc(MIB, 0xab))
    } catch {
      // as much of it as there was room for
    }
  }
  return { more, remove: () => files.forEach((file) => rmSync(file, { force: true })) }
}

describe('A disk that gets full', { timeout: 300_000 }, () => {
  it.skipIf(!canMount())('costs the tiers their admission from the lowest up, and nothing else', async () => {
    const on = smallMedium()!
    const one = await serve(on)
    const prober = await Prober.open(one)
    for (let round = 0; round < 10; round++) expect(await prober.probe()).toBe(0)
    const ballast = fillSlowly(on)
    for (let i = 0; i < 24; i++) ballast.more()
    // longer than the journal looks for room
    await one.until(
      async () => (ballast.more(), await moment(300), (await prober.probe()) > 0),
      'bulk refused',
    )
    expect(prober.seen.at(-1)).toBeLessThan(4)
    await expectAlive(one, prober)
    // an anomaly of a tier that is still taken
    await prober.probe(0, true)
    const isTold = async (): Promise<boolean> =>
      (await one.alerts('firing')).some(({ device }) => device === 'critical-probe')
    await one.until(isTold, 'an alert')
    await one.until(async () => (ballast.more(), (await prober.probe(50_000)) === 4), 'all refused')
    await expectAlive(one, prober)
    expect(prober.seen.at(-1)).toBe(4)
    prober.seen.length = 0
    ballast.remove()
    await one.until(async () => (await moment(), (await prober.probe()) === 0), 'all admitted again')
    // one tier after the other, from the highest
    expect(prober.seen).toEqual([...prober.seen].sort().reverse())
    await one.kill()
    // nothing that was acknowledged was at risk
    expect(await countsOf(await serve(on), prober.accounts)).toEqual(prober.acknowledged)
  })
})

/** The most that the process may write into a file; what is beyond fails with EFBIG. */
const limitFiles = ({ child }: Server, bytes: string): boolean =>
  spawnSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:`]).status === 0

const canLimit = (): boolean => spawnSync('prlimit', ['--version']).status === 0

describe('A journal whose files may not grow any more', { timeout: 300_000 }, () => {
  it.skipIf(!canLimit())('refuses all tiers until they may, and loses nothing', async () => {
    const one = await serve(plainFolder())
    const prober = await Prober.open(one)
    for (let round = 0; round < 10; round++) expect(await prober.probe()).toBe(0)
    expect(limitFiles(one, '1')).toBe(true)
    const waiting = prober.probe()
    const storage = async () => (await one.stats()).durability!.storage
    await one.until(async () => (await storage()).status === 'failing', 'failing')
    expect(await storage()).toMatchObject({ refusedTiers: 4, cause: 'EFBIG' })
    expect(await prober.probe()).toBe(4)
    expect((await fetch(`http://127.0.0.1:${one.port}/readyz`)).status).toBe(200)
    expect((await fetch(`http://127.0.0.1:${one.port}/metrics`)).status).toBe(200)
    expect(limitFiles(one, 'unlimited')).toBe(true)
    expect(await waiting).toBe(0)
    await one.until(async () => (await moment(), (await prober.probe()) === 0), 'all admitted again')
    await one.until(async () => (await storage()).status === 'ok', 'all well')
    await one.kill()
    expect(await countsOf(await serve(medium!), prober.accounts)).toEqual(prober.acknowledged)
  })
})
