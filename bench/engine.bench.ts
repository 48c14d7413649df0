/**
 * The engine inside one process, without a socket: claim room in the ring, copy a frame in, commit; the router routes
 * it and the workers run the built-in pipeline. Series come in an order without pattern. Beside it the plain pipeline
 * in the same process, given the same series as JSON.
 */
import type { Engine } from '../src/engine/engine.ts'
import { createEngine } from '../src/engine/create-engine.ts'
import { defaultRegions } from '../src/engine/config/default-regions.ts'
import type { BenchResult } from './bench.ts'
import { FrameStock } from './e2e/frame-stock.ts'
import { figure } from './e2e/figures.ts'
import { PlainPipeline } from './plain-pipeline/pipeline.js'
import { regionFinder } from './plain-pipeline/regions.js'

export interface Size {
  readonly series: number
  readonly readingsPerFrame: number
  readonly measureMs: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { series: 20_000, readingsPerFrame: 1000, measureMs: 200 },
  full: { series: 1_000_000, readingsPerFrame: 1000, measureMs: 10_000 },
}

const PLAIN_SHARE = 0.3

export async function run(size: Size): Promise<BenchResult> {
  const stock = new FrameStock(size.series, size.readingsPerFrame)
  const engine = await createEngine({ limits: { series: size.series, devices: size.series } })
  try {
    // every series twice, so that its pages are there
    await feed(engine, stock, (frames) => frames < 2 * stock.frames)
    const { value, committed } = await measured(engine, stock, size.measureMs)
    await engine.close()
    const against = {
      name: 'plain pipeline, in-process',
      value: plainRate(stock, size.measureMs * PLAIN_SHARE),
    }
    const name = `engine in-process, ${size.series} series`
    const check = checkOf(engine, committed + 2 * stock.frames * size.readingsPerFrame)
    return figure({ name, unit: 'readings/s', value, check, against })
  } finally {
    await engine.close()
  }
}

/** Readings per second from the first commit to the last reading processed. */
async function measured(engine: Engine, stock: FrameStock, forMs: number) {
  await drained(engine)
  const startMs = performance.now()
  const frames = await feed(engine, stock, () => performance.now() - startMs < forMs)
  await drained(engine)
  const committed = frames * stock.readingsPerFrame
  return { committed, value: (committed / (performance.now() - startMs)) * 1000 }
}

/** Commits frames while `goesOn`, giving way while there is no room; returns how many. */
async function feed(engine: Engine, stock: FrameStock, goesOn: (frames: number) => boolean) {
  const writer = engine.writer()
  let frames = 0
  while (goesOn(frames)) {
    const room = writer.claim(stock.readingsPerFrame)
    if (room === undefined) {
      await shortPause()
      continue
    }
    room.bytes.set(stock.frame(frames++))
    room.commit()
  }
  return frames
}

/** A full ring holds some 20 ms of work, so a millisecond of waiting leaves nobody idle. */
const shortPause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

async function drained(engine: Engine): Promise<void> {
  while (engine.stats().account.inFlight > 0) await shortPause()
}

function checkOf(engine: Engine, committed: number): string {
  const { processed, refused, malformed } = engine.stats().account
  const isWhole = processed === committed && refused === 0 && malformed === 0
  return `${isWhole ? '' : 'FAULTY: '}${processed} processed of ${committed}, ${refused} refused`
}

/** The same series as JSON text, one message per frame, for as long as `forMs`; the text is made beforehand. */
function plainRate(stock: FrameStock, forMs: number): number {
  const pipeline = new PlainPipeline({ regionOf: regionFinder(defaultRegions) })
  const messages = stock.messages()
  for (const message of messages) pipeline.message(message)
  const before = pipeline.processed
  const startMs = performance.now()
  for (let i = 0; performance.now() - startMs < forMs; i++) pipeline.message(messages[i % messages.length])
  return ((pipeline.processed - before) / (performance.now() - startMs)) * 1000
}
