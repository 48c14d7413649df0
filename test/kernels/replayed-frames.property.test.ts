import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Reading } from '../../src/kernels/reference/reading.ts'
import { FRAME_OUTCOME } from '../../src/memory/layout/ring.layout.ts'
import { SHARD_COUNT } from '../../src/memory/layout/series.layout.ts'
import { EPOCH_OFFSET_MS, KernelRig } from './kernel-rig.ts'
import { someReadings } from './random-readings.ts'

const METRIC = { threshold: 3, minDeviation: 0.1, direction: 3 }
const RECEIVED_MS = 1000
const ARRIVAL_MS = RECEIVED_MS + EPOCH_OFFSET_MS

describe('frames from the journal', () => {
  let rig: KernelRig
  let other: KernelRig
  beforeAll(async () => {
    rig = await KernelRig.open()
    other = await KernelRig.open()
  })

  /** Sends frames whose positions are their indexes; readings of a shard count from the shard's position on. */
  function replay(frames: readonly (readonly Reading[])[], positions: readonly number[]): number {
    const table = rig.plan.at.replay
    const expected: Reading[][] = []
    frames.forEach((readings, index) => {
      const frame = rig.data + rig.written
      rig.send(readings, 0)
      positions.forEach((position, shard) => (rig.memory.f64[(table >>> 3) + shard] = position))
      const left = rig.kernels.adoptFrame(frame, RECEIVED_MS, ARRIVAL_MS, index, table)
      const kept = readings.filter(({ key }) => index >= positions[rig.kernels.shardOf(key)])
      expect(left, 'left').toBe(kept.length)
      expect(rig.word(frame + FRAME_OUTCOME), 'marked').toBe(readings.length - kept.length)
      expected.push(kept)
    })
    for (const readings of expected) other.send(readings, RECEIVED_MS)
    return expected.flat().length
  }

  it('are routed without the readings that their shards have already', () => {
    const frames = fc.array(fc.tuple(fc.nat(1_000_000), fc.nat(120)), { minLength: 1, maxLength: 6 })
    const positions = fc.array(fc.nat(6), { minLength: SHARD_COUNT, maxLength: SHARD_COUNT })
    fc.assert(
      fc.property(frames, positions, (seeds, positions) => {
        for (const each of [rig, other]) {
          each.reset()
          for (const id of [1, 2, 3]) each.setMetric(id, METRIC)
        }
        const frames = seeds.map(([seed, count]) =>
          someReadings(seed + 1, count, RECEIVED_MS + EPOCH_OFFSET_MS),
        )
        const kept = replay(frames, positions)
        const counted = rig.kernels.countRing(rig.data, rig.plan.needs.ringBytes - 1, 0, rig.written)
        expect(counted, 'readings in the ring').toBe(kept)
        for (const each of [rig, other]) each.route()
        expect(rig.publish(RECEIVED_MS)).toBe(other.publish(RECEIVED_MS))
        const rows = (each: KernelRig): Uint8Array =>
          each.memory.bytes.slice(each.plan.at.series, each.plan.at.windows)
        expect(Buffer.compare(rows(rig), rows(other)), 'series').toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})
