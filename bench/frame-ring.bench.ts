/**
 * Frames through an ingest ring from one thread to another: 32 KiB each in GB/s, 32 bytes each in frames/s. The consumer
 * reads a word of every cache line. Compared with copying alone on one thread, and with postMessage.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { observeCursor, publishCursor } from '../src/memory/atomics.ts'
import * as L from '../src/memory/layout/ring.layout.ts'
import { reserveMemory, type SharedMemory, viewMemory } from '../src/memory/shared-memory.ts'
import { benchCase, type BenchResult, benchResult, timed } from './bench.ts'

interface Size {
  readonly largeFrames: number
  readonly smallFrames: number
  readonly posted: number
}

export const sizes: { small: Size; full: Size } = {
  small: { largeFrames: 500, smallFrames: 50_000, posted: 2000 },
  full: { largeFrames: 300_000, smallFrames: 30_000_000, posted: 500_000 },
}

const CAPACITY = 1 << 23
const CONTROL = 1024
const DATA = CONTROL + L.RING_CONTROL_BYTES
const LARGE_BYTES = 32_768
const SMALL_BYTES = 32
const LINE_WORDS = 16
/** All bytes of a message are 1. */
const MESSAGE_WORD = 0x01010101

export async function run(size: Size): Promise<BenchResult> {
  const large = await throughRing(size.largeFrames, LARGE_BYTES)
  const small = await throughRing(size.smallFrames, SMALL_BYTES)
  const gigabytes = (size.largeFrames * LARGE_BYTES) / large.ms / 1e6
  const copied = { name: 'copying alone, one thread', value: copyGigabytesPerSecond(size.largeFrames) }
  const posted = { name: 'postMessage', value: await postedPerSecond(size.posted) }
  const perSecond = (size.smallFrames / small.ms) * 1000
  const cases = [
    benchCase('frames of 32 KiB', 'GB/s', gigabytes, copied, large.check),
    benchCase('frames of 32 B', 'frames/s', perSecond, posted, small.check),
  ]
  return benchResult(cases)
}

/** The check is the number of frames whose every line held what was sent. */
async function throughRing(frames: number, messageBytes: number): Promise<{ ms: number; check: number }> {
  const memory = viewMemory(reserveMemory(DATA + CAPACITY))
  const { memory: shared } = memory
  const producer = new Worker(new URL('./frame-ring.thread.js', import.meta.url), {
    workerData: { memory: shared, control: CONTROL, data: DATA, capacity: CAPACITY, frames, messageBytes },
  })
  const exited = once(producer, 'exit')
  while (observeCursor(memory.i32, CONTROL + L.RING_WRITE_CURSOR) === 0) await new Promise(setImmediate)
  let check = 0
  const ms = timed(() => {
    check = consume(memory, frames, messageBytes)
  })
  await exited
  return { ms, check }
}

function consume({ i32 }: SharedMemory, frames: number, messageBytes: number): number {
  let cursor = 0
  let seen = 0
  let whole = 0
  while (seen < frames) {
    const end = observeCursor(i32, CONTROL + L.RING_WRITE_CURSOR)
    if (end === cursor) continue
    for (let burst = 0; cursor !== end && burst < 256; burst++) {
      const word = (DATA + (cursor & (CAPACITY - 1))) >>> 2
      if (i32[word + 1] !== L.FRAME_PADDING) {
        seen++
        if (isWhole(i32, word + L.FRAME_HEADER_BYTES / 4, messageBytes)) whole++
      }
      cursor = (cursor + i32[word]) | 0
    }
    publishCursor(i32, CONTROL + L.RING_ROUTE_CURSOR, cursor)
  }
  return whole
}

/** The first line's first words are the refusal bitmap. */
function isWhole(i32: Int32Array, message: number, messageBytes: number): boolean {
  let wrong = i32[message + 2] ^ MESSAGE_WORD
  for (let word = LINE_WORDS; word < messageBytes >>> 2; word += LINE_WORDS)
    wrong |= i32[message + word] ^ MESSAGE_WORD
  return wrong === 0
}

function copyGigabytesPerSecond(frames: number): number {
  const { bytes } = viewMemory(reserveMemory(DATA + CAPACITY))
  const message = new Uint8Array(LARGE_BYTES).fill(1)
  const ms = timed(() => {
    for (let i = 0; i < frames; i++) bytes.set(message, DATA + ((i * LARGE_BYTES) & (CAPACITY - 1)))
  })
  return (frames * LARGE_BYTES) / ms / 1e6
}

async function postedPerSecond(frames: number): Promise<number> {
  const WINDOW = 1000
  const producer = new Worker(new URL('./frame-ring.post.js', import.meta.url), {
    workerData: { frames, messageBytes: SMALL_BYTES },
  })
  await once(producer, 'online')
  const begin = performance.now()
  let received = 0
  producer.on('message', () => {
    received++
    if (received % WINDOW === 0 || received === frames) producer.postMessage('more')
  })
  producer.postMessage('begin')
  await once(producer, 'exit')
  return (received / (performance.now() - begin)) * 1000
}
