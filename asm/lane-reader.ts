// A worker's end of the lanes: claim a shard, open a slice, close it, release. What is done is in the lane, so that any
// worker can go on where another stopped.

import * as C from '../src/memory/layout/counters.layout'
import * as L from '../src/memory/layout/lanes.layout'
import * as M from '../src/memory/layout/map.layout'
import * as R from '../src/memory/layout/reading.layout'
import { SHARD_COUNT } from '../src/memory/layout/series.layout'
import { giveBlock } from './blocks'
import { addTo, recordLatency } from './counters'
import { laneAt, readyWord } from './lane-writer'
import { tickOf } from './scratch'
import { applyWindows } from './windows'

/** Claims the shard of a ready lane of the track, looking from shard `first` on; returns the shard, or -1. */
export function claimShard(map: usize, worker: u32, track: u32, first: u32): i32 {
  const low = <u64>atomic.load<u32>(readyWord(map, track << L.LANES_PER_TRACK_SHIFT))
  const high = <u64>atomic.load<u32>(readyWord(map, (track << L.LANES_PER_TRACK_SHIFT) | 32))
  const ready = low | (high << 32)
  let rest = rotr<u64>(ready, first)
  while (rest != 0) {
    const shard = (<u32>ctz<u64>(rest) + first) & (SHARD_COUNT - 1)
    if (atomic.cmpxchg<u32>(claimWord(map, shard), 0, worker + 1) == 0) return shard
    rest &= rest - 1
  }
  return -1
}

@inline
function claimWord(map: usize, shard: u32): usize {
  return <usize>load<u32>(map, M.MAP_CLAIMS) + <usize>shard * L.CLAIM_STRIDE
}

/** Gives the shard back; a drained lane is no longer ready, unless the router has added to it meanwhile. */
export function releaseShard(map: usize, track: u32, shard: u32): void {
  const lane = laneAt(map, track, shard)
  if (isDrained(lane)) {
    const index = (track << L.LANES_PER_TRACK_SHIFT) | shard
    const bit = <u32>1 << (index & 31)
    atomic.and<u32>(readyWord(map, index), ~bit)
    if (!isDrained(lane)) atomic.or<u32>(readyWord(map, index), bit) // pairs with publishLane
  }
  atomic.store<u32>(claimWord(map, shard), 0)
}

@inline
function isDrained(lane: usize): bool {
  return atomic.load<u32>(lane, L.LANE_PUBLISHED) == load<u32>(lane, L.LANE_CONSUMED)
}

/**
 * The lane to work at for this lane's sake: itself, or one that a fence before its next entry waits for, or 0 when
 * there is nothing to do now.
 */
export function laneToWork(map: usize, worker: u32, track: u32, shard: u32): usize {
  const lane = laneAt(map, track, shard)
  if (isDrained(lane)) return 0
  const block = enterBlock(map, worker, lane)
  const fences = load<u32>(block, L.BLOCK_FENCE_MASK)
  if (fences == 0 || load<u32>(lane, L.LANE_READ) != <u32>block + L.BLOCK_HEADER_BYTES) return lane
  for (let tier: u32 = 0; tier < <u32>L.TIER_COUNT; tier++) {
    if (((fences >> tier) & 1) == 0) continue
    const fence = load<u32>(block + (<usize>tier << 2), L.BLOCK_FENCE)
    const before = laneAt(map, tier + L.TRACK_CRITICAL, shard)
    if (<i32>(load<u32>(before, L.LANE_CONSUMED) - fence) < 0) return laneToWork(map, worker, tier + L.TRACK_CRITICAL, shard)
  }
  return lane
}

/** The block of the lane's next entry, which is known to exist; finished blocks go back. */
function enterBlock(map: usize, worker: u32, lane: usize): usize {
  let block = <usize>load<u32>(lane, L.LANE_READ_BLOCK)
  if (block == 0) {
    block = <usize>load<u32>(lane, L.LANE_FIRST_BLOCK)
    readFrom(lane, block)
  }
  while (load<u32>(lane, L.LANE_READ) == load<u32>(block, L.BLOCK_END)) {
    const next = <usize>load<u32>(block, L.BLOCK_NEXT)
    readFrom(lane, next)
    giveBlock(map, worker, block)
    block = next
  }
  return block
}

@inline
function readFrom(lane: usize, block: usize): void {
  store<u32>(lane, <u32>block, L.LANE_READ_BLOCK)
  store<u32>(lane, <u32>block + L.BLOCK_HEADER_BYTES, L.LANE_READ)
}

@inline
function trackOf(map: usize, lane: usize): u32 {
  return <u32>(lane - <usize>load<u32>(map, M.MAP_LANES)) >> (L.LANE_SHIFT + L.LANES_PER_TRACK_SHIFT)
}

@inline
function shardOfLane(map: usize, lane: usize): u32 {
  return (<u32>(lane - <usize>load<u32>(map, M.MAP_LANES)) >> L.LANE_SHIFT) & (SHARD_COUNT - 1)
}

/**
 * Entries that can be worked in one go: at most `limit`, within one block, fewer where a failure is suspected. Readings
 * among them are taken into the windows, once, whatever happens to the slice afterwards. They begin at the lane's
 * LANE_READ.
 */
export function openSlice(map: usize, lane: usize, limit: u32): u32 {
  const track = trackOf(map, lane)
  const read = load<u32>(lane, L.LANE_READ)
  const consumed = load<u32>(lane, L.LANE_CONSUMED)
  const waiting = atomic.load<u32>(lane, L.LANE_PUBLISHED) - consumed // pairs with publishLane
  const end = load<u32>(<usize>load<u32>(lane, L.LANE_READ_BLOCK), L.BLOCK_END)
  const inBlock = (end - read) >> (track == L.TRACK_EVENTS ? 6 : 5)
  const suspect = load<u32>(lane, L.LANE_SLICE_LIMIT)
  const count = min<u32>(min<u32>(waiting, inBlock), suspect == 0 ? limit : min<u32>(suspect, limit))
  if (track == L.TRACK_EVENTS) return count
  const applied = load<u32>(lane, L.LANE_APPLIED) - consumed
  if (applied < count) {
    applyWindows(map, shardOfLane(map, lane), <usize>read + (<usize>applied << 5), count - applied)
    store<u32>(lane, consumed + count, L.LANE_APPLIED)
  }
  return count
}

/** The first `count` entries of the lane are done. */
export function closeSlice(map: usize, worker: u32, lane: usize, count: u32, nowMs: f64): void {
  const track = trackOf(map, lane)
  const counters = <usize>load<u32>(map, M.MAP_WORKER_COUNTERS) + <usize>worker * C.WORKER_COUNTERS_BYTES
  const read = load<u32>(lane, L.LANE_READ)
  if (track == L.TRACK_EVENTS) addTo(counters + C.WORKER_EVENTS, count)
  else {
    addTo(counters + C.WORKER_PROCESSED + (<usize>(track - L.TRACK_CRITICAL) << 3), count)
    countLatencies(map, worker, track, lane, count, nowMs)
  }
  addTo(counters + C.WORKER_SLICES, 1)
  advance(lane, read, count, track == L.TRACK_EVENTS ? 6 : 5)
}

@inline
function advance(lane: usize, read: u32, count: u32, shift: u32): void {
  store<u32>(lane, read + (count << shift), L.LANE_READ)
  atomic.store<u32>(lane, load<u32>(lane, L.LANE_CONSUMED) + count, L.LANE_CONSUMED) // pairs with fenceLane
}

/** The lane's next reading is given up: its place is passed, and it counts as dead-lettered. */
export function skipReading(map: usize, worker: u32, lane: usize): void {
  const counters = <usize>load<u32>(map, M.MAP_WORKER_COUNTERS) + <usize>worker * C.WORKER_COUNTERS_BYTES
  const events = trackOf(map, lane) == L.TRACK_EVENTS
  if (!events) addTo(counters + C.WORKER_DEAD_LETTERED, 1)
  advance(lane, load<u32>(lane, L.LANE_READ), 1, events ? 6 : 5)
}

@inline
function agedMs(age: u32, stamp: u32): f64 {
  return <f64><i32>(age - stamp) * (1.0 / R.TICKS_PER_MS)
}

/** Entries stamped alike are counted together. */
function countLatencies(map: usize, worker: u32, track: u32, lane: usize, count: u32, nowMs: f64): void {
  const set = L.TIER_COUNT + worker * L.TRACK_COUNT + track
  const latencies = <usize>load<u32>(map, M.MAP_LATENCIES) + <usize>set * C.LATENCY_SET_BYTES
  const age = tickOf(nowMs) - load<u32>(<usize>load<u32>(lane, L.LANE_READ_BLOCK), L.BLOCK_BASE)
  let entry = <usize>load<u32>(lane, L.LANE_READ)
  let stamp = <u32>load<u16>(entry, R.ENTRY_STAMP)
  let run: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    const next = <u32>load<u16>(entry, R.ENTRY_STAMP)
    if (next != stamp) {
      recordLatency(latencies, agedMs(age, stamp), run)
      stamp = next
      run = 0
    }
    run++
    entry += R.READING_BYTES
  }
  recordLatency(latencies, agedMs(age, stamp), run)
}

/** Is there work that routine work must give way to? */
@inline
export function isUrgentReady(map: usize): bool {
  const ready = <usize>load<u32>(map, M.MAP_READY)
  return (load<u64>(ready) | load<u64>(ready, L.READY_STRIDE)) != 0
}

/**
 * Works through a track's ready lanes where there is no user code, until `budget` readings are done, nothing is
 * ready, or (routine tracks) urgent work is; returns the readings done.
 */
export function drainTrack(map: usize, worker: u32, track: u32, first: u32, budget: u32, nowMs: f64): u32 {
  const asked = atomic.load<u32>(map, M.MAP_SLICE_READINGS)
  const slice: u32 = asked == 0 ? <u32>L.SLICE_READINGS : asked
  let done: u32 = 0
  let from = first
  while (done < budget) {
    const shard = claimShard(map, worker, track, from)
    if (shard < 0) break
    const before = done
    let lane = laneToWork(map, worker, track, shard)
    while (lane != 0 && done < budget) {
      const count = openSlice(map, lane, slice)
      if (count == 0) break
      closeSlice(map, worker, lane, count, nowMs)
      done += count
      if (track > <u32>L.TRACK_CRITICAL && isUrgentReady(map)) budget = 0
      lane = laneToWork(map, worker, track, shard)
    }
    releaseShard(map, track, shard)
    if (done == before) break
    from = (shard + 1) & (SHARD_COUNT - 1)
  }
  return done
}
