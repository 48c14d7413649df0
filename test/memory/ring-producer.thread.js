/**
 * The producing side of the ring's stress test: sends frames whose words follow from their number, settles answers,
 * and reports what it was answered. Runs on the built code, because a thread can't load TypeScript.
 */
import { parentPort, workerData } from 'node:worker_threads'

/** @param {string} path */
const load = (path) => import(new URL(`../../dist/memory/${path}`, import.meta.url).href)
const { SpscFrameProducer } = await load('rings/spsc-frame-ring.js')
const { viewMemory } = await load('shared-memory.js')

const { memory, control, data, capacity, frames } = workerData
const view = viewMemory(memory)
const ring = new SpscFrameProducer(view, control, data, capacity)
const answered = { answers: 0, marked: 0, disorder: 0, wrong: 0 }
let last = 0

const settle = () =>
  ring.settle((/** @type {import('../../src/memory/rings/ingest-ring.ts').SettledFrame} */ frame) => {
    const wanted = frame.source % 2 === 1
    if (frame.source <= last) answered.disorder++
    if (!wanted && frame.refusedCount === 0) answered.wrong++
    if (frame.refusedIndexes().length !== frame.refusedCount) answered.wrong++
    last = frame.source
    answered.answers++
    answered.marked += frame.refusedCount
  })

for (let id = 1; id <= frames; id++) {
  const count = id % 97 === 0 ? 100 : id % 4
  const bytes = 8 + 32 * count
  let address = ring.claim(bytes, count)
  for (; address === 0; address = ring.claim(bytes, count)) settle()
  const word = (address + 8) >>> 2
  for (let i = 0; i < 8 * count; i++) view.i32[word + i] = id * 31 + i
  ring.commit(8, count, id, id % 2, id)
}
while (ring.heldBytes > 0) settle()
settle()
parentPort?.postMessage(answered)
