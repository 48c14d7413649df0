/**
 * How long `engine.setPoolSize` takes until it is so, while a feed keeps all workers busy. The pipeline of the workers
 * looks whether each device's readings come complete and in order. Beside it the start of a thread that has nothing
 * to load: what every growth of the pool would cost at the least if no thread were kept ready.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { deviceIdOf } from '../src/core/ids.ts'
import { createEngine } from '../src/engine/create-engine.ts'
import type { Engine } from '../src/engine/engine.ts'
import { type BenchResult, benchResult } from './bench.ts'
import { atMost, figure, quantile } from './e2e/figures.ts'
import { pause, until } from './e2e/pause.ts'

export interface Size {
  readonly changes: number
  readonly everyMs: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { changes: 5, everyMs: 200 },
  full: { changes: 200, everyMs: 300 },
}

const DEVICES = 180
const PER_FRAME = 5
const VALUE_METRIC = 1
const MOST_WORKERS = 4
const THREADS = 5
const SETTLED_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 10
/** The threads that are not wanted yet are started after a second, and load what they need. */
const WARM_MS = 2500

export async function run({ changes, everyMs }: Size): Promise<BenchResult> {
  const engine = await createEngine({
    pipeline: new URL('./pool-size.pipeline.js', import.meta.url),
    limits: { series: 10_000, devices: 10_000 },
    pool: { min: 1, max: MOST_WORKERS, warm: MOST_WORKERS - 1 },
  })
  try {
    await pause(WARM_MS)
    const feed = new Feed(engine)
    const { grown, shrunk } = await change(engine, changes, everyMs)
    const thread = { name: 'start of an empty thread', value: await threadMs() }
    const check = await checkOf(engine, await feed.end())
    const all = [...grown, ...shrunk]
    const told = { unit: 'ms', check }
    return benchResult([
      figure({ name: 'setPoolSize, busy: p99', value: quantile(all, 0.99), against: atMost(50), ...told }),
      figure({ name: 'setPoolSize, busy: longest', value: quantile(all, 1), against: atMost(50), ...told }),
      figure({ name: 'growing, busy: median', value: quantile(grown, 0.5), against: thread, ...told }),
      figure({ name: 'shrinking, busy: median', value: quantile(shrunk, 0.5), against: thread, ...told }),
    ])
  } finally {
    await engine.close()
  }
}

/** Numbered readings of every device, as fast as the ring takes them. */
class Feed {
  readonly #engine: Engine
  readonly #ids = Array.from({ length: DEVICES }, (_, device) => deviceIdOf(`device-${device}`))
  readonly #running: Promise<void>
  readonly #disorders: unknown[] = []
  #sent = 0
  #isOver = false

  constructor(engine: Engine) {
    this.#engine = engine
    engine.on('emit', ({ data }) => this.#disorders.push(data))
    this.#running = this.#run()
  }

  /** Stops; what it has sent, and what came out of order. */
  async end(): Promise<{ sent: number; disorders: readonly unknown[] }> {
    this.#isOver = true
    await this.#running
    return { sent: this.#sent, disorders: this.#disorders }
  }

  async #run(): Promise<void> {
    for (let from = 1; !this.#isOver;) {
      if (this.#send(from)) from += PER_FRAME
      else await pause(1)
      // the main thread has other things to do, such as to change the pool
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #send(from: number): boolean {
    const room = this.#engine.writer().claim(DEVICES * PER_FRAME)
    if (room === undefined) return false
    for (let i = 0; i < DEVICES * PER_FRAME; i++) {
      const device = i % DEVICES
      const number = from + Math.floor(i / DEVICES)
      room.set(i, this.#ids[device], VALUE_METRIC, number, undefined, 0, device)
    }
    room.commit()
    this.#sent += DEVICES * PER_FRAME
    return true
  }
}

/** Sets one size after the other; milliseconds until each was so. */
async function change(engine: Engine, changes: number, everyMs: number) {
  const grown: number[] = []
  const shrunk: number[] = []
  for (let i = 0; i < changes; i++) {
    const before = engine.stats().pool.size
    // 1 → 4 → 2 → 3 → 1: by one, by two and by three
    const size = [MOST_WORKERS, 2, 3, 1][i % 4]
    const startMs = performance.now()
    await engine.setPoolSize(size)
    const tookMs = performance.now() - startMs
    ;(size > before ? grown : shrunk).push(tookMs)
    await pause(everyMs)
  }
  return { grown, shrunk }
}

/** Milliseconds until a thread without a program has said its first word: the median of a few. */
async function threadMs(): Promise<number> {
  const took: number[] = []
  for (let i = 0; i < THREADS; i++) {
    const startMs = performance.now()
    const thread = new Worker(`require('node:worker_threads').parentPort.postMessage(0)`, { eval: true })
    await once(thread, 'message')
    took.push(performance.now() - startMs)
    await thread.terminate()
  }
  return quantile(took, 0.5)
}

async function checkOf(
  engine: Engine,
  { sent, disorders }: { sent: number; disorders: readonly unknown[] },
): Promise<string> {
  await until('all worked through', SETTLED_WITHIN_MS, LOOK_EVERY_MS, () => {
    return engine.stats().account.inFlight === 0
  })
  const { account, pool } = engine.stats()
  const isWhole = account.processed === sent && disorders.length === 0 && pool.replaced === 0
  const words = `${account.processed} processed of ${sent}, ${disorders.length} out of order`
  return `${isWhole ? '' : 'FAULTY: '}${words}, ${pool.replaced} workers replaced`
}
