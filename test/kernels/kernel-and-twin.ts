import { expect } from 'vitest'
import { BlockPool } from '../../src/kernels/reference/lane.ts'
import { LaneReader } from '../../src/kernels/reference/lane-reader.ts'
import { Lanes } from '../../src/kernels/reference/lanes.ts'
import type { Reading } from '../../src/kernels/reference/reading.ts'
import type { Frame } from '../../src/kernels/reference/frame.ts'
import { ReferenceRouter } from '../../src/kernels/reference/router.ts'
import type { FrameOutcome } from '../../src/kernels/reference/routing-log.ts'
import type { MetricRule } from '../../src/kernels/reference/score.ts'
import * as C from '../../src/memory/layout/counters.layout.ts'
import * as L from '../../src/memory/layout/lanes.layout.ts'
import * as M from '../../src/memory/layout/map.layout.ts'
import { TICKS_PER_MS } from '../../src/memory/layout/reading.layout.ts'
import { SHARD_COUNT } from '../../src/memory/layout/series.layout.ts'
import { gains, type KernelParameters } from '../../src/memory/memory-map.ts'
import { placeOf } from '../../src/memory/memory-plan.ts'
import { StorageFloor } from '../../src/memory/storage-floor.ts'
import { mustEqual, mustBe } from '../same.ts'
import { EPOCH_OFFSET_MS, type KernelRig, PARAMETERS } from './kernel-rig.ts'
import * as Snapshot from './kernel-snapshot.ts'

const WORKER = 1

export interface PairOptions {
  readonly parameters?: Partial<KernelParameters>
  readonly metrics: ReadonlyMap<number, MetricRule>
  readonly regions: Uint8Array
  readonly firstCursor?: number
  readonly startMs?: number
}

interface SentFrame extends Frame {
  /** The ring's cursor behind it. */
  readonly end: number
}

/** The kernels and their twins side by side: what is done to one is done to the other, then they are compared. */
export class KernelAndTwin {
  nowMs: number
  readonly #rig: KernelRig
  readonly #twin: ReferenceRouter
  readonly #reader: LaneReader
  readonly #pool: BlockPool
  #waiting: SentFrame[] = []
  #routed: { frame: Frame; seq: number; outcome: FrameOutcome }[] = []
  #seq = 0
  /** What each series has been taken of and not given out, in the order it came in. Knows nothing of lanes. */
  readonly #owed = new Map<bigint, Reading[]>()
  /** What positions of lanes have been moved by. */
  readonly #moved = new Map<number, number>()
  /** Slices worked in another lane, for the sake of a fence. */
  #fenced = 0

  constructor(rig: KernelRig, options: PairOptions) {
    const parameters = { ...PARAMETERS, ...options.parameters }
    this.#rig = rig
    this.nowMs = options.startMs ?? 1000
    rig.reset(options.parameters, options.firstCursor)
    options.metrics.forEach((metric, id) => rig.setMetric(id, metric))
    rig.memory.bytes.set(options.regions, rig.plan.at.regions)
    const reserves = Array.from({ length: L.TRACK_COUNT }, (_, track) =>
      rig.word(rig.map + M.MAP_RESERVES + 4 * track),
    )
    this.#pool = new BlockPool(rig.plan.blockCount, reserves)
    const lanes = new Lanes(this.#pool)
    this.#twin = new ReferenceRouter(
      {
        ...parameters,
        ...{ metrics: options.metrics, regions: options.regions, epochOffsetMs: EPOCH_OFFSET_MS },
        ...{ slotsPerShard: rig.plan.slotsPerShard, gains: gains(parameters.smoothing), tickOf },
      },
      lanes,
    )
    this.#reader = new LaneReader(lanes, ({ series, value }) => {
      mustBe(this.#owed.get(series.key)?.shift()?.value, value, () => `order of series ${series.key}`)
    })
  }

  shed(tiers: number): void {
    this.#twin.tiersShed = tiers
    new StorageFloor(this.#rig.memory, this.#rig.map).shed(tiers)
  }

  sampleBulk(keep: number): void {
    this.#twin.bulkKeep = keep
    this.#rig.memory.u32[(this.#rig.map + M.MAP_BULK_KEEP) >>> 2] = keep
  }

  setSlice(readings: number): void {
    this.#reader.sliceReadings = readings || L.SLICE_READINGS
    this.#rig.memory.u32[(this.#rig.map + M.MAP_SLICE_READINGS) >>> 2] = readings
  }

  send(readings: readonly Reading[], source = 1): void {
    const seq = this.#seq % 3 === 0 ? 0 : this.#seq
    if (!this.#rig.send(readings, this.nowMs, seq, source)) return
    this.#waiting.push({ source, receivedMs: this.nowMs, readings, end: this.#rig.written })
    this.#seq++
  }

  route(limit: number): void {
    let started = 0
    let cursor = this.#rig.cursor
    while (this.#waiting.length > 0 && started < limit) {
      const frame = this.#waiting.shift() as SentFrame
      started += frame.readings.length
      cursor = frame.end
      this.#note(frame, this.#twin.route(frame))
    }
    this.#rig.route(limit)
    mustBe(this.#rig.cursor, started < limit ? this.#rig.written : cursor, 'cursor')
  }

  #note(frame: SentFrame, outcome: FrameOutcome): void {
    const seq = this.#seq - this.#waiting.length - 1
    this.#routed.push({ frame, seq: seq % 3 === 0 ? 0 : seq, outcome })
    const refused = new Set(outcome.refused)
    frame.readings.forEach((reading, index) => {
      if (refused.has(index)) return
      const owed = this.#owed.get(reading.key) ?? []
      owed.push(reading)
      this.#owed.set(reading.key, owed)
    })
  }

  /** Shows what is routed to workers, and answers its frames. */
  publish(): void {
    mustBe(this.#rig.publish(this.nowMs), this.#twin.publish(this.nowMs), 'readings shown')
    const answers = this.#routed.filter(({ seq, outcome }) => seq !== 0 || outcome.reason !== 0)
    this.#routed = []
    const told: object[] = []
    this.#rig.ring.settle((frame) => {
      const { seq, source, readingCount, reason, refusedCount } = frame
      told.push({ seq, source, readingCount, reason, refusedCount, refused: frame.refusedIndexes() })
    })
    const wanted = answers.map(({ frame, seq, outcome: { reason, refused } }) => {
      const readingCount = frame.readings.length
      return { seq, source: frame.source, readingCount, reason, refusedCount: refused.length, refused }
    })
    mustEqual(told, wanted, 'answers')
  }

  setDevice(id: bigint, properties: { tier: number; region: number } | undefined): void {
    this.#rig.setDevice(id, properties)
    if (properties === undefined) this.#twin.devices.delete(id)
    else this.#twin.devices.set(id, properties)
    this.#twin.epochs[this.#rig.kernels.shardOf(id << 16n)]++
  }

  drainTrack(track: number, first: number, budget: number): number {
    const { kernels, map } = this.#rig
    const done = this.#reader.drainTrack(track, first, budget, tickOf(this.nowMs))
    mustBe(kernels.drainTrack(map, WORKER, track, first, budget, this.nowMs), done, 'drained')
    return done
  }

  /** Works at a ready shard slice by slice; `failures` says which slices fail and are halved, or given up at 1. */
  workSlices(
    track: number,
    first: number,
    slices: number,
    limit: number,
    fails: (slice: number) => boolean,
  ): void {
    const { kernels, map } = this.#rig
    const shard = this.#reader.claimShard(track, first)
    mustBe(kernels.claimShard(map, WORKER, track, first), shard, 'claimed')
    if (shard < 0) return
    for (let slice = 0; slice < slices; slice++)
      if (!this.#workSlice(track, shard, limit, fails(slice))) break
    this.#reader.releaseShard(track, shard)
    kernels.releaseShard(map, track, shard)
  }

  #workSlice(track: number, shard: number, limit: number, fails: boolean): boolean {
    const { kernels, map } = this.#rig
    const reader = this.#reader
    const lane = reader.laneToWork(this.#twin.lanes.at(track, shard))
    const address = kernels.laneToWork(map, WORKER, track, shard) >>> 0
    const wanted = lane === undefined ? 0 : this.#rig.lane(lane.track, lane.shard)
    mustBe(address, wanted, 'lane to work')
    if (lane === undefined) return false
    if (lane.track !== track) this.#fenced++
    const count = reader.openSlice(lane, limit)
    mustBe(kernels.openSlice(map, address, limit), count, 'slice')
    if (fails && count === 1) {
      reader.skipReading(lane)
      kernels.skipReading(map, WORKER, address)
      lane.sliceLimit = 0
    } else if (fails) lane.sliceLimit = Math.max(1, count >>> 1)
    else {
      reader.closeSlice(lane, count, tickOf(this.nowMs))
      kernels.closeSlice(map, WORKER, address, count, this.nowMs)
    }
    this.#rig.view.setUint32(address + L.LANE_SLICE_LIMIT, lane.sliceLimit, true)
    return count > 0
  }

  /** Works until nothing waits, as a worker would. */
  drainAll(): void {
    for (let round = 0, idle = 0; idle < 2 * SHARD_COUNT; round++) {
      let done = 0
      for (let track = 0; track < L.TRACK_COUNT; track++)
        done += this.drainTrack(track, round % SHARD_COUNT, 1000)
      idle = done === 0 ? idle + 1 : 0
    }
    for (let track = 0; track < L.TRACK_COUNT; track++) expect(this.#twin.lanes.census(track)).toBe(0)
    for (const [key, owed] of this.#owed) mustEqual(owed, [], () => `left of series ${key}`)
  }

  /** Everything being drained: sets the lanes' positions as if `entries` more had gone through them. */
  agePositions(entries: number): void {
    this.#eachLane((_, lane) => {
      if (this.#rig.word(lane + L.LANE_BLOCK) === 0) return
      this.#moved.set(lane, ((this.#moved.get(lane) ?? 0) + entries) >>> 0)
      for (const position of [L.LANE_CLOSED, L.LANE_PUBLISHED, L.LANE_CONSUMED, L.LANE_APPLIED])
        this.#rig.view.setUint32(lane + position, (this.#rig.word(lane + position) + entries) >>> 0, true)
    })
  }

  /** Does something while only `count` blocks are free. */
  withFreeBlocks(count: number, act: () => void): void {
    const stack = this.#rig.plan.at.freeStack
    const hidden = this.#rig.word(stack) - count
    this.#rig.view.setUint32(stack, count, true)
    this.#pool.free -= hidden
    act()
    // blocks taken meanwhile came from the top of what was left; the hidden ones lie above the full count
    const taken = count - this.#rig.word(stack)
    this.#unhide(stack, count, hidden, taken)
    this.#pool.free += hidden
  }

  #unhide(stack: number, count: number, hidden: number, taken: number): void {
    const first = stack + 4 * (count + 1)
    this.#rig.memory.bytes.copyWithin(first - 4 * taken, first, first + 4 * hidden)
    this.#rig.view.setUint32(stack, count - taken + hidden, true)
  }

  /** What has happened at least once. */
  met(): string[] {
    const { reasons, causes, anomalies } = this.#twin.log
    const counted = (name: string, counts: readonly number[]): string[] =>
      counts.flatMap((count, index) => (count > 0 ? [`${name} ${index}`] : []))
    const { events, deadLettered } = this.#reader
    return [
      ...counted('refused', reasons),
      ...counted('malformed', causes),
      ...counted('happened', [anomalies, events, deadLettered, this.#fenced]),
    ]
  }

  compare(): void {
    this.#compareLanes()
    this.#compareCounters()
    const series = [...this.#twin.table]
    for (const one of series)
      mustEqual(Snapshot.rowInMemory(this.#rig, one), Snapshot.rowOfTwin(one), () => `row of ${one.key}`)
    expect(Snapshot.takenRows(this.#rig), 'rows taken').toBe(series.length)
    expect(Snapshot.freeBlocks(this.#rig), 'free blocks').toBe(this.#pool.free + this.#pool.returned)
  }

  #eachLane(visit: (lane: ReturnType<Lanes['at']>, address: number) => void): void {
    for (let track = 0; track < L.TRACK_COUNT; track++)
      for (const lane of this.#twin.lanes.track(track)) visit(lane, this.#rig.lane(track, lane.shard))
  }

  #compareLanes(): void {
    const rig = this.#rig
    this.#eachLane((lane, address) => {
      const { track, shard } = lane
      const name = (): string => `lane of track ${track}, shard ${shard}`
      const moved = this.#moved.get(address) ?? 0
      mustBe((rig.word(address + L.LANE_PUBLISHED) - moved) >>> 0, lane.published, name)
      mustBe((rig.word(address + L.LANE_CONSUMED) - moved) >>> 0, lane.consumed, name)
      if (lane.written === 0) return
      const waiting = lane.waiting() as Parameters<typeof Snapshot.entryOfTwin>[0][]
      mustEqual(Snapshot.entriesInMemory(rig, track, shard), waiting.map(Snapshot.entryOfTwin), name)
    })
    for (let track = 0; track < L.TRACK_COUNT; track++)
      expect(rig.kernels.countTrack(rig.map, track), `census of ${track}`).toBe(
        this.#twin.lanes.census(track),
      )
    expect(rig.kernels.countRing(rig.data, rig.plan.needs.ringBytes - 1, rig.cursor, rig.written)).toBe(
      this.#waiting.reduce((total, { readings }) => total + readings.length, 0),
    )
  }

  #compareCounters(): void {
    const rig = this.#rig
    const { log } = this.#twin
    const reader = this.#reader
    const list = (at: number, length: number): number[] =>
      Array.from({ length }, (_, index) => rig.counter(at + 8 * index))
    const router = rig.plan.at.routerCounters
    const worker = placeOf.workerCounters(rig.plan, WORKER)
    expect({
      accepted: list(router + C.ROUTER_ACCEPTED, 4),
      refused: list(router + C.ROUTER_REFUSED, 4),
      reasons: list(router + C.ROUTER_REASONS, 16),
      causes: list(router + C.ROUTER_CAUSES, 16),
      routed: [C.ROUTER_ANOMALIES, C.ROUTER_SERIES, C.ROUTER_FRAMES].map((at) => rig.counter(router + at)),
      inRegions: list(rig.plan.at.regionCounters, C.REGION_COUNTERS_BYTES / 8),
      processed: list(worker + C.WORKER_PROCESSED, 4),
      worked: [C.WORKER_EVENTS, C.WORKER_DEAD_LETTERED, C.WORKER_SLICES].map((at) =>
        rig.counter(worker + at),
      ),
      quarantine: Snapshot.quarantineInMemory(rig),
    }).toEqual({
      accepted: log.accepted,
      refused: log.refused,
      reasons: log.reasons,
      causes: log.causes,
      routed: [log.anomalies, this.#twin.table.size, log.frames],
      inRegions: log.inRegions,
      processed: reader.processed,
      worked: [reader.events, reader.deadLettered, reader.slices],
      quarantine: log.quarantined
        .slice(-M.QUARANTINE_ENTRIES)
        .reverse()
        .map(({ cause, source, receivedMs, reading: { key, value } }) => ({
          cause,
          source,
          receivedMs,
          key,
          value,
        })),
    })
    const workerSets = L.TIER_COUNT + WORKER * L.TRACK_COUNT
    log.latencies.forEach((set, tier) =>
      expect(Snapshot.latenciesInMemory(rig, tier)).toEqual(Snapshot.latenciesOfTwin(set)),
    )
    reader.latencies.forEach((set, track) =>
      expect(Snapshot.latenciesInMemory(rig, workerSets + track)).toEqual(Snapshot.latenciesOfTwin(set)),
    )
  }
}

const tickOf = (nowMs: number): number => Math.trunc(nowMs * TICKS_PER_MS)
