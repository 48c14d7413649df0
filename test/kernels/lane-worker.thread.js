/**
 * A worker of the lanes' stress test: takes slices of whatever is ready and looks at every reading; on some visits it
 * drains inside the kernel instead. `last` holds, for each row of the series table, the number of the last reading.
 */
import { parentPort, workerData } from 'node:worker_threads'

/** @param {string} path */
const load = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href)
const { openKernels } = await load('kernels/kernels.js')
const L = await load('memory/layout/lanes.layout.js')

const { module, memory, plan, worker, last, seen, stop } = workerData
const kernels = openKernels(module, memory)
const view = new DataView(memory.buffer)
const lastOf = new Float64Array(last)
const countOf = new Uint32Array(seen)
const stopped = new Int32Array(stop)
const { map } = plan.at
const result = { disorder: 0, slices: 0, fenced: 0 }

/** @param {number} lane @param {number} count */
function look(lane, count) {
  const shard = ((lane - plan.at.lanes) >>> L.LANE_SHIFT) & 63
  let entry = view.getUint32(lane + L.LANE_READ, true)
  for (let i = 0; i < count; i++, entry += 32) {
    const row = shard * plan.slotsPerShard + (view.getUint32(entry, true) & 0xffffff)
    const number = view.getFloat64(entry + 16, true)
    if (!(number > lastOf[row])) result.disorder++
    lastOf[row] = number
    countOf[row]++
  }
}

/** @param {number} track @param {number} first */
function visit(track, first) {
  const shard = kernels.claimShard(map, worker, track, first)
  if (shard < 0) return false
  for (let slices = 0; slices < 4; slices++) {
    const lane = kernels.laneToWork(map, worker, track, shard) >>> 0
    if (lane === 0) break
    const isEvents = lane < plan.at.lanes + 64 * L.LANE_BYTES
    if (!isEvents && lane !== plan.at.lanes + (track * 64 + shard) * L.LANE_BYTES) result.fenced++
    const count = kernels.openSlice(map, lane, 1 + (result.slices % L.SLICE_READINGS))
    if (!isEvents) look(lane, count)
    kernels.closeSlice(map, worker, lane, count, 0)
    result.slices++
  }
  kernels.releaseShard(map, track, shard)
  return true
}

for (let round = 0, idle = 0; idle < 1000; round++) {
  let worked = false
  for (let track = 0; track < L.TRACK_COUNT; track++) worked = visit(track, (round * 7) % 64) || worked
  idle = worked || Atomics.load(stopped, 0) === 0 ? 0 : idle + 1
}
parentPort?.postMessage(result)
