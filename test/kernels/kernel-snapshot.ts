import type { AnomalyEvent, RoutedReading } from '../../src/kernels/reference/lanes.ts'
import type { LatencyCounts } from '../../src/kernels/reference/latency.ts'
import type { Series } from '../../src/kernels/reference/series-table.ts'
import { LATENCY_BUCKETS, LATENCY_SET_BYTES } from '../../src/memory/layout/counters.layout.ts'
import * as L from '../../src/memory/layout/lanes.layout.ts'
import * as M from '../../src/memory/layout/map.layout.ts'
import * as S from '../../src/memory/layout/series.layout.ts'
import type { KernelRig } from './kernel-rig.ts'

/** What lies in the kernels' memory, and what a twin holds, in the same plain form. */

export function rowInMemory(rig: KernelRig, { shard, slot }: Series): object {
  const { view } = rig
  const place = (shard * rig.plan.slotsPerShard + slot) * S.ROW_BYTES
  const row = rig.plan.at.series + place
  const window = rig.plan.at.windows + place
  const laneTier = view.getUint8(row + S.ROW_LANE_TIER)
  return {
    key: view.getBigUint64(row, true),
    statistics: {
      mean: rig.double(row + S.ROW_MEAN),
      variance: rig.double(row + S.ROW_VARIANCE),
      count: rig.word(row + S.ROW_COUNT),
      abnormal: (view.getUint8(row + S.ROW_FLAGS) & S.ROW_ABNORMAL) !== 0,
      calm: rig.word(row + S.ROW_CALM),
    },
    slot: rig.word(row + S.ROW_SLOT),
    epoch: rig.word(row + S.ROW_EPOCH),
    tier: view.getUint8(row + S.ROW_TIER),
    home: view.getUint8(row + S.ROW_HOME),
    laneTier: laneTier === 0xff ? undefined : laneTier,
    region: view.getUint8(row + S.ROW_REGION),
    window: {
      total: rig.double(window + S.WINDOW_TOTAL),
      start: rig.double(window + S.WINDOW_START),
      count: rig.word(window + S.WINDOW_COUNT),
      sum: rig.double(window + S.WINDOW_SUM),
      min: rig.double(window + S.WINDOW_MIN),
      max: rig.double(window + S.WINDOW_MAX),
      last: rig.double(window + S.WINDOW_LAST),
      lastTime: rig.double(window + S.WINDOW_LAST_TIME),
    },
  }
}

export function rowOfTwin(series: Series): object {
  const { key, statistics, slot, epoch, tier, home, laneTier, region, window } = series
  return { key, statistics, slot, epoch, tier, home, laneTier, region, window }
}

/** Rows that are taken, all shards together. */
export function takenRows(rig: KernelRig): number {
  const rows = rig.plan.slotsPerShard * S.SHARD_COUNT
  const { u32 } = rig.memory
  let taken = 0
  for (let i = 0; i < rows; i++) {
    const key = (rig.plan.at.series + i * S.ROW_BYTES) >>> 2
    if (u32[key] !== 0 || u32[key + 1] !== 0) taken++
  }
  return taken
}

export function readingInMemory(rig: KernelRig, entry: number): object {
  const { view } = rig
  const place = rig.word(entry)
  return {
    ...{ slot: place & 0xffffff, region: place >>> 24 },
    ...{ stamp: view.getUint16(entry + 4, true), score: view.getInt16(entry + 6, true) },
    ...{ time: rig.double(entry + 8), value: rig.double(entry + 16) },
    ...{ lat: view.getInt32(entry + 24, true), lon: view.getInt32(entry + 28, true) },
  }
}

function readingOfTwin({ series, region, stamp, score, time, value, lat, lon }: RoutedReading): object {
  return { slot: series.slot, region, stamp, score, time, value, lat, lon }
}

function eventInMemory(rig: KernelRig, event: number): object {
  const { view } = rig
  return {
    ...{ key: view.getBigUint64(event, true), time: rig.double(event + L.EVENT_TIME) },
    ...{ value: rig.double(event + L.EVENT_VALUE), score: rig.double(event + L.EVENT_SCORE) },
    receivedMs: rig.double(event + L.EVENT_RECEIVED_MS),
    mean: view.getFloat32(event + L.EVENT_MEAN, true),
    deviation: view.getFloat32(event + L.EVENT_DEVIATION, true),
    ...{ slot: rig.word(event + L.EVENT_SLOT), region: view.getUint8(event + L.EVENT_REGION) },
    ...{ tier: view.getUint8(event + L.EVENT_TIER), phase: view.getUint8(event + L.EVENT_PHASE) },
    ...{ lat: view.getInt32(event + L.EVENT_LAT, true), lon: view.getInt32(event + L.EVENT_LON, true) },
  }
}

function eventOfTwin(event: AnomalyEvent): object {
  const { series, time, value, score, receivedMs, mean, deviation, region, tier, phase, lat, lon } = event
  const { key, slot } = series
  return { key, time, value, score, receivedMs, mean, deviation, slot, region, tier, phase, lat, lon }
}

export const entryOfTwin = (entry: RoutedReading | AnomalyEvent): object =>
  'phase' in entry ? eventOfTwin(entry) : readingOfTwin(entry)

/** The entries of a lane that wait, from its blocks. */
export function entriesInMemory(rig: KernelRig, track: number, shard: number): object[] {
  const lane = rig.lane(track, shard)
  const open = rig.word(lane + L.LANE_BLOCK)
  if (open === 0) return []
  const bytes = track === L.TRACK_EVENTS ? L.EVENT_BYTES : 32
  const entries: object[] = []
  let block = rig.word(lane + L.LANE_READ_BLOCK) || rig.word(lane + L.LANE_FIRST_BLOCK)
  let entry = rig.word(lane + L.LANE_READ) || block + L.BLOCK_HEADER_BYTES
  for (;;) {
    const end = block === open ? rig.word(lane + L.LANE_WRITE) : rig.word(block + L.BLOCK_END)
    for (; entry < end; entry += bytes)
      entries.push(track === L.TRACK_EVENTS ? eventInMemory(rig, entry) : readingInMemory(rig, entry))
    if (block === open) return entries
    block = rig.word(block + L.BLOCK_NEXT)
    entry = block + L.BLOCK_HEADER_BYTES
  }
}

/** Free blocks: on the router's stack, and coming back from workers. */
export function freeBlocks(rig: KernelRig): number {
  let free = rig.word(rig.plan.at.freeStack)
  for (let worker = 0; worker < rig.plan.needs.workers; worker++) {
    const ring = rig.plan.at.freeRings + worker * rig.plan.freeRingStride
    free += (rig.word(ring + L.FREE_RING_TAIL) - rig.word(ring + L.FREE_RING_HEAD)) >>> 0
  }
  return free
}

/** The counts of a set that are not 0, by bucket. */
export function latenciesInMemory(rig: KernelRig, set: number): Map<number, number> {
  const at = rig.plan.at.latencies + set * LATENCY_SET_BYTES
  return nonZero(rig.memory.u32.subarray(at >>> 2, (at >>> 2) + LATENCY_BUCKETS))
}

export const latenciesOfTwin = ({ buckets }: LatencyCounts): Map<number, number> => nonZero(buckets)

function nonZero(buckets: Uint32Array): Map<number, number> {
  const counts = new Map<number, number>()
  for (let bucket = 0; bucket < buckets.length; bucket++)
    if (buckets[bucket] !== 0) counts.set(bucket, buckets[bucket])
  return counts
}

export function quarantineInMemory(rig: KernelRig): object[] {
  const { quarantine } = rig.plan.at
  const written = rig.word(quarantine)
  return Array.from({ length: Math.min(written, M.QUARANTINE_ENTRIES) }, (_, i) => {
    const index = (written - 1 - i) % M.QUARANTINE_ENTRIES
    const entry = quarantine + M.QUARANTINE_FIRST + index * M.QUARANTINE_ENTRY_BYTES
    return {
      cause: rig.word(entry + M.QUARANTINE_CAUSE),
      source: rig.word(entry + M.QUARANTINE_SOURCE),
      receivedMs: rig.double(entry + M.QUARANTINE_RECEIVED_MS),
      key: rig.view.getBigUint64(entry + M.QUARANTINE_READING, true),
      value: rig.double(entry + M.QUARANTINE_READING + 16),
    }
  })
}
