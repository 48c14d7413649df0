import { beforeAll, describe, expect, it } from 'vitest'
import { TIERS } from '../../src/core/tiers.ts'
import { deviceOf, metricOf } from '../../src/core/ids.ts'
import * as L from '../../src/memory/layout/lanes.layout.ts'
import { SHARD_COUNT } from '../../src/memory/layout/series.layout.ts'
import { ReadingBatch } from '../../src/pipelines/reading-batch.ts'
import { LaneBlock } from '../../src/pipelines/runtime/lane-block.ts'
import { EPOCH_OFFSET_MS, KernelRig } from '../kernels/kernel-rig.ts'
import { someReadings } from '../kernels/random-readings.ts'

const names = { metric: (id: number) => String(id), region: (index: number) => String(index) }

describe('LaneBlock', () => {
  let rig: KernelRig
  beforeAll(async () => {
    rig = await KernelRig.open()
  })

  it.each([1, 2, 3, 4, 5])('shows what a cursor over the same entries shows, seed %d', (seed) => {
    rig.reset()
    for (const id of [1, 2, 3]) rig.setMetric(id, { threshold: 3, minDeviation: 0, direction: 3 })
    rig.memory.bytes.subarray(rig.plan.at.regions, rig.plan.at.regions + 65_536).fill(5, 0, 40_000)
    rig.send(someReadings(seed, 2000, EPOCH_OFFSET_MS + 1000), 1000)
    rig.route()
    rig.publish(1000)
    const block = new LaneBlock(rig.memory, rig.plan, rig.kernels, 1)
    const batch = new ReadingBatch(rig.memory, rig.plan, names, undefined)
    let seen = 0
    for (let lane = L.TRACK_CRITICAL * SHARD_COUNT; lane < L.LANE_COUNT; lane++) {
      const [track, shard] = [lane >>> L.LANES_PER_TRACK_SHIFT, lane & (SHARD_COUNT - 1)]
      const at = rig.kernels.laneToWork(rig.map, 1, track, shard) >>> 0
      if (at === 0) continue
      const count = rig.kernels.openSlice(rig.map, at, L.SLICE_READINGS)
      const entry = rig.memory.u32[(at + L.LANE_READ) >>> 2]
      block.gather(at, entry, count)
      batch.open(at, entry, count)
      for (let i = 0; batch.next(); i++) {
        const key = batch.series
        const [low, high] = [Number(key & 0xffffffffn), Number(key >> 32n)]
        expect(rowOf(block, i)).toEqual({
          ...{ device: deviceOf(low, high), metric: metricOf(low), time: batch.time, value: batch.value },
          ...{ lat: batch.lat, lon: batch.lon, region: Number(batch.region), score: batch.score },
          tier: TIERS.indexOf(batch.tier),
        })
        seen++
      }
    }
    expect(seen).toBeGreaterThan(200)
  })
})

const rowOf = (block: LaneBlock, i: number) => ({
  ...{ device: block.device[i], metric: block.metric[i], time: block.time[i], value: block.value[i] },
  ...{ lat: block.lat[i], lon: block.lon[i], region: block.region[i], score: block.score[i] },
  tier: block.tier[i],
})
