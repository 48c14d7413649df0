import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { compileKernels, type Kernels } from '../../../src/kernels/kernels.ts'
import { addToWord } from '../../../src/memory/atomics.ts'
import { AGENT_STOP } from '../../../src/memory/layout/control.layout.ts'
import { POSITION_ABSENT } from '../../../src/memory/layout/reading.layout.ts'
import { SHARD_COUNT } from '../../../src/memory/layout/series.layout.ts'
import { placeOf } from '../../../src/memory/memory-plan.ts'
import { EPOCH_OFFSET_MS } from '../../kernels/kernel-rig.ts'
import { CheckpointRig, temporaryFolder } from './checkpoint-rig.ts'

const WORKERS = 2
const FRAME_READINGS = 50
const CHECKPOINTS = 2
const DEVICES = 1000
const SEED = 20_261_121

describe('a checkpoint beside a router and two workers', () => {
  const folder = temporaryFolder()
  afterAll(() => folder.remove())

  it('is of one instant for each shard, while devices change tier', async () => {
    const sizes = { series: 20_000, devices: DEVICES, ringBytes: 1 << 17, workers: WORKERS }
    const source = await CheckpointRig.open({ ...sizes, backlogBytes: 1 << 24 })
    source.reset({ seriesLimit: 20_000 })
    const { rig } = source
    const module = await compileKernels()
    const threads = [undefined, 0, 1].map((worker) => {
      const workerData = {
        module,
        memory: rig.memory.memory,
        plan: rig.plan,
        worker,
        epochOffsetMs: EPOCH_OFFSET_MS,
      }
      return new Worker(new URL('./agents.thread.js', import.meta.url), { workerData })
    })

    const random = seededRandom(SEED)
    const below = (limit: number): number => Math.floor(random() * limit)
    const devices = Array.from({ length: DEVICES }, () => BigInt(1 + below(2 ** 47)))
    const fill = (): void => {
      for (;;) {
        if (below(20) === 0) rig.setDevice(devices[below(DEVICES)], { tier: below(4), region: 0 })
        const readings = Array.from({ length: FRAME_READINGS }, () => ({
          key: (devices[below(DEVICES)] << 16n) | BigInt(1 + below(3)),
          time: EPOCH_OFFSET_MS + below(200_000),
          ...{ value: random() * 100, lat: POSITION_ABSENT, lon: POSITION_ABSENT },
        }))
        if (!source.send(readings)) return
      }
    }
    // the router and the workers get on while a shard is copied, however fast that is
    const pause = new Int32Array(new SharedArrayBuffer(4))
    const slow = (shard: number, copy: () => void): void => {
      Atomics.wait(pause, 0, 0, shard % 3)
      copy()
      Atomics.wait(pause, 0, 0, shard % 2)
    }
    const { kernels } = rig
    const copyShard: Kernels['copyShard'] = (map, capture, shard) =>
      slow(shard, () => kernels.copyShard(map, capture, shard))
    const writer = source.writer(folder.path, source.capture({ ...kernels, copyShard }))
    let busy = 0
    for (let checkpoint = 0; checkpoint < CHECKPOINTS; checkpoint++) {
      writer.begin(0)
      for (let shard = 0; shard < SHARD_COUNT;) {
        source.settle()
        fill()
        if (writer.captureShard(shard) === 'captured') shard++
        else busy++
      }
      writer.seal({})
      writer.publish()
    }
    fill()
    while (rig.ring.heldBytes > 0) await new Promise((resolve) => setTimeout(resolve, 1))
    source.settle()
    const ends = threads.map((thread) => once(thread, 'message'))
    for (let agent = 0; agent <= WORKERS; agent++)
      addToWord(rig.memory.i32, placeOf.routerAgent(rig.plan) + 128 * agent + AGENT_STOP, 1)
    await Promise.all(ends)
    source.drainAll()

    const target = await CheckpointRig.open({ ...sizes, series: 30_000, backlogBytes: 1 << 27 })
    target.reset({ seriesLimit: 30_000 })
    const { restored, damage } = target.restore(folder.path)
    expect(damage).toEqual([])
    const shards = restored?.manifest.shards ?? []
    expect(restored?.manifest.number).toBe(CHECKPOINTS)
    target.replay(source.journal, (shard) => shards[shard].positions[0])
    target.drainAll()
    expect(source.series().size).toBeGreaterThan(DEVICES)
    expect(target.series(), `seed ${SEED}, ${busy} times busy`).toEqual(source.series())
  })
})
