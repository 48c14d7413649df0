import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { compileKernels } from '../../src/kernels/kernels.ts'
import * as C from '../../src/memory/layout/counters.layout.ts'
import { DIRECTION_HIGH } from '../../src/memory/layout/map.layout.ts'
import { POSITION_ABSENT } from '../../src/memory/layout/reading.layout.ts'
import * as S from '../../src/memory/layout/series.layout.ts'
import { placeOf } from '../../src/memory/memory-plan.ts'
import { EPOCH_OFFSET_MS, KernelRig, SMALL_NEEDS } from './kernel-rig.ts'

const WORKERS = 2
const FRAMES = 10_000
const FRAME_READINGS = 50
const SEED = 20_261_121

describe('lanes between a router and two workers', () => {
  it('give out every accepted reading once, each series in order, while devices change tier', async () => {
    const rig = await KernelRig.open({ ...SMALL_NEEDS, backlogBytes: 1 << 22, workers: WORKERS })
    rig.reset()
    rig.setMetric(1, { threshold: 1e6, minDeviation: 1e6, direction: DIRECTION_HIGH })
    const rows = rig.plan.slotsPerShard * S.SHARD_COUNT
    const last = new SharedArrayBuffer(8 * rows)
    const seen = new SharedArrayBuffer(4 * rows)
    const stop = new SharedArrayBuffer(4)
    const module = await compileKernels()
    const workers = Array.from({ length: WORKERS }, (_, worker) => {
      const workerData = { module, memory: rig.memory.memory, plan: rig.plan, worker, last, seen, stop }
      return new Worker(new URL('./lane-worker.thread.js', import.meta.url), { workerData })
    })
    const results = workers.map((worker) => once(worker, 'message'))

    const random = seededRandom(SEED)
    const below = (limit: number): number => Math.floor(random() * limit)
    const devices = Array.from({ length: 60 }, () => BigInt(1 + below(2 ** 47)))
    let number = 1
    let accepted = 0
    let refused = 0
    for (let frame = 0; frame < FRAMES; frame++) {
      if (frame % 3 === 0) rig.setDevice(devices[below(devices.length)], { tier: below(4), region: 0 })
      const readings = Array.from({ length: FRAME_READINGS }, () => ({
        key: (devices[below(devices.length)] << 16n) | 1n,
        ...{ time: EPOCH_OFFSET_MS + frame, value: number++, lat: POSITION_ABSENT, lon: POSITION_ABSENT },
      }))
      expect(rig.send(readings, frame / 100)).toBe(true)
      rig.route()
      accepted += rig.publish(frame / 100)
      rig.ring.settle(({ refusedCount }) => (refused += refusedCount))
    }
    Atomics.store(new Int32Array(stop), 0, 1)
    const told = (await Promise.all(results)).map(
      ([result]) => result as { disorder: number; fenced: number },
    )

    expect(accepted + refused, `seed ${SEED}`).toBe(FRAMES * FRAME_READINGS)
    expect(
      told.map(({ disorder }) => disorder),
      `seed ${SEED}`,
    ).toEqual([0, 0])
    expect(told.some(({ fenced }) => fenced > 0)).toBe(true)
    expect(new Uint32Array(seen).reduce((total, count) => total + count, 0)).toBe(accepted)
    expect(processedOf(rig)).toBe(accepted)
    for (let row = 0; row < rows; row++) {
      const window = rig.plan.at.windows + row * S.WINDOW_ROW_BYTES
      expect(rig.double(window + S.WINDOW_TOTAL)).toBe(new Uint32Array(seen)[row])
    }
    for (let track = 0; track < 5; track++) expect(rig.kernels.countTrack(rig.map, track)).toBe(0)
  })
})

function processedOf(rig: KernelRig): number {
  let total = 0
  for (let worker = 0; worker < WORKERS; worker++)
    for (let tier = 0; tier < 4; tier++)
      total += rig.counter(placeOf.workerCounters(rig.plan, worker) + C.WORKER_PROCESSED + 8 * tier)
  return total
}
