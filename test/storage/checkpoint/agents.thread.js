/** The router or a worker of the checkpoint's stress test, in a loop until it is told to stop. */
import { parentPort, workerData } from 'node:worker_threads'

/** @param {string} path */
const load = (path) => import(new URL(`../../../dist/${path}`, import.meta.url).href)
const { openKernels } = await load('kernels/kernels.js')
const { AgentGate } = await load('memory/agents/agent-gate.js')
const { viewMemory } = await load('memory/shared-memory.js')
const { placeOf } = await load('memory/memory-plan.js')
const L = await load('memory/layout/lanes.layout.js')
const R = await load('memory/layout/ring.layout.js')

const { module, memory: wasm, plan, worker, epochOffsetMs } = workerData
const memory = viewMemory(wasm)
const kernels = openKernels(module, wasm)
const slot = worker === undefined ? placeOf.routerAgent(plan) : placeOf.workerAgent(plan, worker)
const gate = new AgentGate(memory, plan.at.control, slot)
const { map, scratch } = plan.at
const control = placeOf.ringControl(plan, 0)
const data = placeOf.ring(plan, 0)
let cursor = 0
let position = 0
let round = 0

function route() {
  const written = Number(Atomics.load(memory.i32, (control + R.RING_WRITE_CURSOR) >>> 2)) >>> 0
  const mask = plan.needs.ringBytes - 1
  const next =
    Number(kernels.route(map, scratch, control, data, mask, cursor, written, 1000, epochOffsetMs)) >>> 0
  position += (next - cursor) >>> 0
  cursor = next
  kernels.publish(map, scratch, 0)
  memory.f64[(control + R.RING_ROUTE_POSITION) >>> 3] = position
  Atomics.store(memory.i32, (control + R.RING_ROUTE_CURSOR) >>> 2, cursor | 0)
}

function drain() {
  for (let track = 0; track < L.TRACK_COUNT; track++)
    kernels.drainTrack(map, worker, track, (round * 7) % 64, 500, 0)
}

while (!gate.isStopRequested) {
  gate.enter()
  round++
  if (worker === undefined) route()
  else drain()
  gate.park()
}
gate.leave()
parentPort?.postMessage('stopped')
