/** The producing side of the ring's bench: copies one message into the ring again and again. Runs on the built code. */
import { parentPort, workerData } from 'node:worker_threads'

/** @param {string} path */
const load = (path) => import(new URL(`../dist/memory/${path}`, import.meta.url).href)
const { SpscFrameProducer } = await load('rings/spsc-frame-ring.js')
const { viewMemory } = await load('shared-memory.js')

const { memory, control, data, capacity, frames, messageBytes } = workerData
const view = viewMemory(memory)
const ring = new SpscFrameProducer(view, control, data, capacity)
const message = new Uint8Array(messageBytes).fill(1)
const count = Math.max(0, Math.floor((messageBytes - 8) / 32))
for (let sent = 0; sent < frames; sent++) {
  let address = ring.claim(messageBytes, count)
  while (address === 0) address = ring.claim(messageBytes, count)
  view.bytes.set(message, address)
  ring.commit(8, count, 1, 0, 0)
}
parentPort?.postMessage('sent')
