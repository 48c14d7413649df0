import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import type { Kernels } from '../../../src/kernels/kernels.ts'
import { DEVICES, someReadings } from '../../kernels/random-readings.ts'
import { EPOCH_OFFSET_MS } from '../../kernels/kernel-rig.ts'
import { CheckpointRig, takeCheckpoint, temporaryFolder } from './checkpoint-rig.ts'

const ROUNDS = 40

/** Random traffic: frames, routing, devices that change tier, and workers that drain some of it. */
class Traffic {
  readonly #rig: CheckpointRig
  readonly #random: () => number
  #devices = new Map<bigint, number>()

  constructor(rig: CheckpointRig, seed: number) {
    this.#rig = rig
    this.#random = seededRandom(seed)
  }

  get devices(): ReadonlyMap<bigint, number> {
    return this.#devices
  }

  some(): void {
    const below = (limit: number): number => Math.floor(this.#random() * limit)
    const rig = this.#rig
    rig.nowMs += below(20_000)
    if (below(3) === 0) {
      const id = DEVICES[below(DEVICES.length)]
      this.#devices.set(id, below(4))
      rig.rig.setDevice(id, { tier: this.#devices.get(id) ?? 0, region: 0 })
    }
    if (below(4) > 0) {
      rig.send(someReadings(below(1e9), 1 + below(60), rig.nowMs + EPOCH_OFFSET_MS))
      rig.route()
    }
    if (below(8) === 0) rig.failSlice(below(5), below(64), 1 + below(20))
    if (below(3) === 0) rig.drain(below(5), below(64), 1 + below(300), below(2))
  }
}

/** As many rows changed as never come to an end. */
const MANY = 1_000_000

/**
 * The kernels of the checkpoint, with traffic at the points where threads would interleave; some passes over what has
 * changed copy a little of it only, and say that there was much.
 */
function interleaved(kernels: Kernels, traffic: () => void, isPartial: () => boolean): Kernels {
  return {
    ...kernels,
    copyShard: (map, capture, shard) => {
      traffic()
      kernels.copyShard(map, capture, shard)
      traffic()
    },
    copyLogged: (map, capture, shard, limit) => {
      if (limit > MANY) return kernels.copyLogged(map, capture, shard, limit) // the router is held
      const partial = isPartial()
      const copied = kernels.copyLogged(map, capture, shard, partial ? 1 : limit)
      traffic()
      return partial ? MANY : copied
    },
  }
}

describe('recovery from a checkpoint', () => {
  let source: CheckpointRig
  const targets: CheckpointRig[] = []
  const folder = temporaryFolder()

  beforeAll(async () => {
    source = await CheckpointRig.open({ series: 6000, backlogBytes: 1 << 21 })
    for (const series of [6000, 3000, 20_000])
      targets.push(await CheckpointRig.open({ series, backlogBytes: 1 << 25 }))
  })
  afterAll(() => folder.remove())

  it('comes to what a run that never stopped comes to, in tables of any size', () => {
    let run = 0
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 1, max: 3 }), (seed, checkpoints) => {
        // one of its own, also for an input that comes twice
        const dataDir = `${folder.path}/${run++}`
        source.reset()
        const traffic = new Traffic(source, seed)
        const some = (): void => traffic.some()
        const chance = seededRandom(seed + 1)
        const kernels = interleaved(source.rig.kernels, some, () => chance() < 0.3)
        const writer = source.writer(dataDir, source.capture(kernels))
        for (let round = 0; round < ROUNDS; round++) some()
        for (let i = 0; i < checkpoints; i++) takeCheckpoint(writer, { between: some })
        for (let round = 0; round < ROUNDS; round++) some()
        const journal = [...source.journal]
        source.drainAll()
        const expected = source.series()

        for (const target of [targets[seed % targets.length]]) {
          target.reset()
          traffic.devices.forEach((tier, id) => target.rig.setDevice(id, { tier, region: 0 }))
          target.nowMs = source.nowMs
          const { restored, damage } = target.restore(dataDir)
          expect(damage).toEqual([])
          const shards = restored?.manifest.shards ?? []
          expect(
            target
              .waiting()
              .slice(1)
              .reduce((sum, count) => sum + count, 0),
          ).toBe(restored?.waiting)
          target.drainAll()
          target.replay(journal, (shard) => shards[shard].positions[0])
          target.drainAll()
          expect(target.series(), `seed ${seed}`).toEqual(expected)
        }
      }),
      { numRuns: 12 },
    )
  })
})
