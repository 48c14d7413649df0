import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32c } from '../../../src/kernels/reference/crc32c.ts'
import { shardOf } from '../../../src/kernels/reference/hash.ts'
import type { Reading } from '../../../src/kernels/reference/reading.ts'
import type { Kernels } from '../../../src/kernels/kernels.ts'
import { Signals } from '../../../src/memory/agents/signals.ts'
import * as L from '../../../src/memory/layout/lanes.layout.ts'
import { RING_ROUTE_POSITION } from '../../../src/memory/layout/ring.layout.ts'
import * as S from '../../../src/memory/layout/series.layout.ts'
import type { KernelParameters } from '../../../src/memory/memory-map.ts'
import type { MemoryNeeds } from '../../../src/memory/memory-plan.ts'
import { CheckpointReader } from '../../../src/storage/checkpoint/checkpoint-reader.ts'
import {
  CheckpointWriter,
  type CheckpointWriterParts,
} from '../../../src/storage/checkpoint/checkpoint-writer.ts'
import { type Recovery, restoreNewest } from '../../../src/storage/checkpoint/restore-newest.ts'
import { ShardCapture } from '../../../src/storage/checkpoint/shard-capture.ts'
import { NodeDisk } from '../../../src/storage/disk/node-disk.ts'
import { plainRoom } from '../../../src/storage/journal/checksum.ts'
import { EPOCH_OFFSET_MS, KernelRig, SMALL_NEEDS } from '../../kernels/kernel-rig.ts'

export const NEEDS: MemoryNeeds = {
  ...{ ...SMALL_NEEDS, limitsDeviceRate: false, shardStateBytes: 16, capturesShards: true },
}
export const RUN = 7

/** A frame as the journal would have it: where it ends in the ring, and what of it was taken. */
export interface RoutedFrame {
  readonly position: number
  readonly receivedMs: number
  readonly readings: readonly Reading[]
}

/** A folder that is removed again. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'checkpoint-'))
  return { path, remove: () => rmSync(path, { recursive: true }) }
}

/** A router, workers and a checkpoint on a memory, taking turns in one thread. */
export class CheckpointRig {
  readonly rig: KernelRig
  readonly journal: RoutedFrame[] = []
  readonly disk = new NodeDisk()
  nowMs = 1000
  #position = 0
  #routed = 0
  #written = 0
  #sent: { readings: readonly Reading[]; receivedMs: number; bytes: number }[] = []

  static async open(needs: Partial<MemoryNeeds> = {}): Promise<CheckpointRig> {
    return new CheckpointRig(await KernelRig.open({ ...NEEDS, ...needs }))
  }

  private constructor(rig: KernelRig) {
    this.rig = rig
  }

  get clock() {
    const never = (): never => {
      throw new Error('no timers here')
    }
    return { nowMs: () => this.nowMs++, epochMs: () => EPOCH_OFFSET_MS, every: never, after: never }
  }

  reset(parameters: Partial<KernelParameters> = {}): void {
    this.rig.reset(parameters)
    this.journal.length = 0
    this.#position = 0
    this.#routed = 0
    this.#written = 0
    this.#sent = []
    this.nowMs = 1000
    for (const metric of [1, 2, 3])
      this.rig.setMetric(metric, { threshold: 3, minDeviation: 0.01, direction: 3 })
  }

  /** False when the ring is full. */
  send(readings: readonly Reading[], receivedMs = this.nowMs): boolean {
    const before = this.#written
    const isTaken = this.rig.send(readings, receivedMs, 1)
    // filling up to the end of the ring may have been written without the frame
    if (!isTaken) return false
    this.#written = this.rig.written
    this.#sent.push({ readings, receivedMs, bytes: (this.#written - before) >>> 0 })
    return true
  }

  /** As the router agent does: routes, shows, says how far it is. */
  route(limit?: number): void {
    const { rig } = this
    const from = rig.cursor
    rig.route(limit)
    rig.publish(this.nowMs)
    this.#routed += (rig.cursor - from) >>> 0
    rig.memory.f64[(rig.control + RING_ROUTE_POSITION) >>> 3] = this.#routed
    this.settle()
  }

  /** Takes routed frames into the journal. */
  settle(): void {
    this.rig.ring.settle((frame) => {
      const sent = this.#sent.shift()
      if (sent === undefined) throw new Error('a frame that was not sent')
      this.#position += sent.bytes
      const refused = new Set(frame.refusedIndexes())
      const readings = sent.readings.filter((_, index) => !refused.has(index))
      this.journal.push({ position: this.#position, receivedMs: sent.receivedMs, readings })
    })
  }

  drain(track: number, first: number, budget: number, worker = 1): number {
    return this.rig.kernels.drainTrack(this.rig.map, worker, track, first, budget, this.nowMs)
  }

  /** A slice that fails in user code: it is in the windows, and still waits in its lane. */
  failSlice(track: number, first: number, limit: number): void {
    const { kernels, map, view } = this.rig
    const shard = kernels.claimShard(map, 0, track, first)
    if (shard < 0) return
    const lane = kernels.laneToWork(map, 0, track, shard) >>> 0
    if (lane !== 0) {
      const count = kernels.openSlice(map, lane, limit)
      view.setUint32(lane + L.LANE_SLICE_LIMIT, Math.max(1, count >>> 1), true)
    }
    kernels.releaseShard(map, track, shard)
  }

  drainAll(): void {
    for (let idle = 0; idle < 3;) {
      let done = 0
      for (let track = 0; track < L.TRACK_COUNT; track++)
        for (let first = 0; first < S.SHARD_COUNT; first += 16) done += this.drain(track, first, 1_000_000)
      idle = done === 0 ? idle + 1 : 0
    }
  }

  capture(kernels: Kernels = this.rig.kernels): ShardCapture {
    const { memory, plan } = this.rig
    const signals = new Signals(memory, plan.at.control)
    return new ShardCapture({ memory, plan, kernels, signals, clock: this.clock, patienceMs: 3 })
  }

  writer(
    dataDir: string,
    capture = this.capture(),
    damaged: readonly number[] = [],
    parts: Partial<Pick<CheckpointWriterParts, 'disk' | 'rest'>> = {},
  ): CheckpointWriter {
    return new CheckpointWriter({
      ...{ capture, plan: this.rig.plan, disk: this.disk, dataDir, checksum: crc32c },
      ...{ clock: this.clock, run: RUN, damaged, rest: () => undefined, ...parts },
    })
  }

  reader(dataDir: string): CheckpointReader {
    return new CheckpointReader(this.disk, dataDir, plainRoom())
  }

  restore(dataDir: string): Recovery {
    const { memory, plan, kernels } = this.rig
    return restoreNewest({ reader: this.reader(dataDir), memory, plan, kernels, clock: this.clock })
  }

  /** What recovery does: everything that was taken and lies behind the position of its shard. */
  replay(journal: readonly RoutedFrame[], positionOf: (shard: number) => number): void {
    for (const { position, receivedMs, readings } of journal) {
      const left = readings.filter(({ key }) => position > positionOf(shardOf(key)))
      if (left.length === 0) continue
      if (!this.send(left, receivedMs)) throw new Error('no room in the ring')
      this.route()
    }
  }

  /** Every series that has a reading, by key: statistics, alert state, windows. */
  series(): Map<bigint, object> {
    const { rig } = this
    const found = new Map<bigint, object>()
    for (let slot = 0; slot < rig.plan.slotsPerShard * S.SHARD_COUNT; slot++) {
      const row = rig.plan.at.series + slot * S.ROW_BYTES
      const window = rig.plan.at.windows + slot * S.WINDOW_ROW_BYTES
      const key = rig.view.getBigUint64(row, true)
      if (key === 0n || rig.word(row + S.ROW_COUNT) === 0) continue
      found.set(key, {
        ...{ mean: rig.double(row + S.ROW_MEAN), variance: rig.double(row + S.ROW_VARIANCE) },
        ...{ count: rig.word(row + S.ROW_COUNT), calm: rig.word(row + S.ROW_CALM) },
        flags: rig.view.getUint8(row + S.ROW_FLAGS) & S.ROW_ABNORMAL,
        window: [0, 8, 16, 24, 32, 40, 48].map((at) => rig.double(window + at)),
        windowCount: rig.word(window + S.WINDOW_COUNT),
      })
    }
    return found
  }

  waiting(): number[] {
    return Array.from({ length: L.TRACK_COUNT }, (_, track) =>
      this.rig.kernels.countTrack(this.rig.map, track),
    )
  }
}

/** Takes a whole checkpoint; `between` happens before each shard. */
export function takeCheckpoint(
  writer: CheckpointWriter,
  { extras = {}, replayFrom = 0, between = (): void => undefined } = {},
) {
  writer.begin(replayFrom)
  for (let shard = 0; shard < S.SHARD_COUNT; shard++) {
    between()
    if (writer.captureShard(shard) !== 'captured') throw new Error(`shard ${shard} was busy`)
  }
  const sealed = writer.seal(extras)
  return { sealed, manifest: writer.publish() }
}
