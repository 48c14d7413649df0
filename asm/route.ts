// The route kernel: frames of a ring in, entries of lanes out. Readings are worked in groups: first all find their homes,
// then the rows are touched, so that the waits for memory overlap; everything else is one pass over each reading.

import * as C from '../src/memory/layout/counters.layout'
import * as F from '../src/memory/layout/ring.layout'
import * as L from '../src/memory/layout/lanes.layout'
import * as M from '../src/memory/layout/map.layout'
import * as R from '../src/memory/layout/reading.layout'
import * as S from '../src/memory/layout/series.layout'
import { addTo, recordLatency } from './counters'
import { columnOf, easting, northing, rowOf } from './geohash'
import { shardOf, slotOf } from './hash'
import { appendEntry, ensureRoom, fenceLane, laneAt, publishLane, stampOf } from './lane-writer'
import { withinRate } from './rate-limit'
import { isMarked, refuse, rejectMalformed } from './refusals'
import { countIn, regionOf } from './regions'
import { deviationOf, gainOf, isAbnormal, isImmense, isNotable, learn, phaseOf, takeNote } from './score'
import { isDeviceAdmitted, isMetricKnown, lookUpDevice, seek, settle, takeRow } from './series-table'
import { faultOf, isInRange, isPositionAbsent, isSound, isTimeAbsent } from './validate'
import { Scratch } from './scratch'

const GROUP: u32 = 64

const ALL: u64 = 0xffffffffffffffff

const REASON_OVERLOAD: u32 = 1
const REASON_SERIES: u32 = 3
const REASON_DEVICE: u32 = 4
const REASON_METRIC: u32 = 5
const REASON_RATE: u32 = 6
const REASON_STORAGE: u32 = 10
const REASON_SAMPLED: u32 = 11

const LOWEST_TIER: u32 = L.TIER_COUNT - 1

/**
 * Routes the frames between two cursors of a ring, stopping behind the frame that brings it to `limit` readings;
 * returns the new cursor. `epochOffsetMs` turns receive times into milliseconds since 1970. Nothing is visible to
 * workers before `publish`.
 */
export function route(
  map: usize, scratch: usize, control: usize, data: usize, mask: u32, from: u32, to: u32, limit: u32, epochOffsetMs: f64,
): u32 {
  const s = changetype<Scratch>(scratch)
  s.map = map
  s.frame = 0
  s.control = control
  s.epochOffsetMs = epochOffsetMs
  s.aheadMs = load<f64>(map, M.MAP_TIME_AHEAD_MS)
  s.rate = load<u32>(map, M.MAP_DEVICE_RATE)
  s.shed = atomic.load<u32>(map, M.MAP_TIERS_SHED)
  s.keep = atomic.load<u32>(map, M.MAP_BULK_KEEP)
  s.careful = s.rate | s.shed | s.keep
  let cursor = from
  let frame: usize = 0
  let reading: usize = 0
  let left: u32 = 0
  let started: u32 = 0
  while (true) {
    let size: u32 = 0
    while (size < GROUP) {
      if (left == 0) {
        if (cursor == to || started >= limit) break
        frame = data + <usize>(cursor & mask)
        left = load<u32>(frame, F.FRAME_READING_COUNT)
        if (left == F.FRAME_PADDING) {
          cursor += load<u32>(frame, F.FRAME_BYTES)
          left = 0
          continue
        }
        if (left != 0 && load<u32>(frame, F.FRAME_OUTCOME) != 0) {
          left = 0
          if (size != 0) break
          started += routeMarked(s, frame)
          cursor += load<u32>(frame, F.FRAME_BYTES)
          continue
        }
        cursor += load<u32>(frame, F.FRAME_BYTES)
        reading = frame + <usize>load<u32>(frame, F.FRAME_READING_OFFSET)
        started += left
        continue
      }
      const take = min<u32>(GROUP - size, left)
      gather(s, s.itemAt(size), s.itemAt(size + take), frame, reading)
      reading += <usize>take * R.READING_BYTES
      left -= take
      size += take
    }
    if (size == 0) return cursor
    touchHomes(s.itemAt(0), s.itemAt(size))
    touchNeighbours(s.itemAt(0), s.itemAt(size))
    routeGroup(s, s.itemAt(0), s.itemAt(size))
  }
  return cursor
}

/** A frame from the journal: the readings marked in it were not taken then, or are in the checkpoint already. */
function routeMarked(s: Scratch, frame: usize): u32 {
  const count = load<u32>(frame, F.FRAME_READING_COUNT)
  const first = frame + <usize>load<u32>(frame, F.FRAME_READING_OFFSET)
  s.enterFrame(frame)
  s.shards = ALL
  for (let i: u32 = 0; i < count; i++) {
    if (!isMarked(frame, count, i)) routeWithCare(s, frame, first + <usize>i * R.READING_BYTES)
  }
  return count
}

/** Puts readings on the workbench, each with its series' home. */
function gather(s: Scratch, item: usize, end: usize, frame: usize, reading: usize): void {
  const series = <usize>load<u32>(s.map, M.MAP_SERIES)
  const shift = load<u32>(s.map, M.MAP_HASH_SHIFT)
  const mask = load<u32>(s.map, M.MAP_SLOT_MASK)
  let shards = s.shards
  for (; item != end; item += Scratch.ITEM_BYTES) {
    const key = load<u64>(reading)
    shards |= <u64>1 << <u64>shardOf(key)
    Scratch.put(item, frame, reading, series + (<usize>slotOf(key, shift, mask) << S.ROW_SHIFT))
    reading += R.READING_BYTES
  }
  s.shards = shards
}

/** A loop of its own, so that many waits fit into the processor's window at once. */
function touchHomes(item: usize, end: usize): void {
  for (; item != end; item += Scratch.ITEM_BYTES) touch(Scratch.row(item))
}

/** Brings a row's line under way, ready to be written; on a page's first use a store takes one fault, a load and a store two. */
@inline
function touch(row: usize): void {
  store<u8>(row, 0, S.ROW_TOUCHED)
}

/**
 * A known series that is not at its home mostly is in one of the next two rows: goes on to the first and touches both.
 * Behind the last row of the table lie two that are always free.
 */
function touchNeighbours(item: usize, end: usize): void {
  for (; item != end; item += Scratch.ITEM_BYTES) {
    const home = Scratch.row(item)
    const found = load<u64>(home)
    const away = <usize>(u32(found != load<u64>(Scratch.reading(item))) & u32(found != 0))
    const row = home + (away << S.ROW_SHIFT)
    touch(row)
    touch(row + (away << S.ROW_SHIFT))
    Scratch.move(item, row)
  }
}

function routeGroup(s: Scratch, item: usize, end: usize): void {
  const map = s.map
  const careful = s.careful != 0
  for (; item != end; item += Scratch.ITEM_BYTES) {
    const frame = Scratch.frame(item)
    const reading = Scratch.reading(item)
    if (frame != s.frame) s.enterFrame(frame)
    if (careful || !routePlainly(s, map, reading, Scratch.row(item))) routeWithCare(s, frame, reading)
  }
}

/**
 * The way of nearly every reading: sound, of a series that is known and calm, with room in its lane. Whatever isn't so
 * is left for the careful way, and nothing has been changed by then. What speaks against it is gathered without
 * branches, because a wrong guess of the processor costs more than all the sums.
 */
@inline
function routePlainly(s: Scratch, map: usize, reading: usize, near: usize): bool {
  const key = load<u64>(reading)
  let row = near
  if (load<u64>(row) != key) {
    row = seek(near, key)
    if (row == 0) return false
  }
  const lane = <usize>load<u32>(map, M.MAP_LANES) + (<usize>load<u32>(row, S.ROW_LANE) << L.LANE_SHIFT)
  const metric = <usize>load<u32>(map, M.MAP_METRICS) + (<usize>(key & 0xffff) << M.METRIC_SHIFT)
  const north = rowOf(northing(load<i32>(reading, R.READING_LAT)))
  const east = columnOf(easting(load<i32>(reading, R.READING_LON)))
  const absent = isPositionAbsent(reading)
  const time = load<u64>(reading, R.READING_TIME)
  const stamp = s.tick - load<u32>(lane, L.LANE_BASE)
  const write = load<u32>(lane, L.LANE_WRITE)
  const count = load<u32>(row, S.ROW_COUNT)
  const gain = gainOf(map, count)
  const mean = load<f64>(row, S.ROW_MEAN)
  const delta = load<f64>(reading, R.READING_VALUE) - mean
  const score = delta / deviationOf(row, metric)
  const step = gain * delta
  const variance = (1 - gain) * (load<f64>(row, S.ROW_VARIANCE) + step * delta)
  const against =
    (load<u32>(row, S.ROW_EPOCH) ^ epochOf(map, row)) |
    <u32>load<u8>(row, S.ROW_FLAGS) |
    (stamp >> 16) |
    u32(write + R.READING_BYTES > load<u32>(lane, L.LANE_WRITE_END)) |
    u32(key <= 0xffff) |
    u32(time > reinterpret<u64>(s.latest)) |
    select<u32>(0, (north | east) >> 8, absent) |
    u32(isImmense(variance)) |
    u32(isNotable(map, metric, count, score))
  if (against != 0) return false
  store<f64>(row, mean + step, S.ROW_MEAN)
  store<f64>(row, variance, S.ROW_VARIANCE)
  store<u32>(row, count + u32(count != 0xffffffff), S.ROW_COUNT)
  const cell = <usize>load<u32>(map, M.MAP_REGIONS) + <usize>((north << 8) | east)
  const region = <u32>load<u8>(select<usize>(row + S.ROW_HOME, cell, absent))
  store<u8>(row, <u8>region, S.ROW_REGION)
  const tier = <u32>load<u8>(row, S.ROW_TIER)
  s.countRouted(tier)
  countIn(map, region, tier)
  store<u32>(lane, write + R.READING_BYTES, L.LANE_WRITE)
  const eventTime = select<u64>(reinterpret<u64>(s.arrival), time, time == 0)
  writeEntry(<usize>write, row, reading, reinterpret<f64>(eventTime), region, stamp, score)
  return true
}

@inline
function epochOf(map: usize, row: usize): u32 {
  const shard = load<u32>(row, S.ROW_LANE) & (S.SHARD_COUNT - 1)
  return load<u32>(<usize>load<u32>(map, M.MAP_EPOCHS) + (<usize>shard << 2))
}

@inline
function writeEntry(
  entry: usize, row: usize, reading: usize, time: f64, region: u32, stamp: u32, score: f64,
): void {
  const place = load<u32>(row, S.ROW_SLOT) | (region << R.ENTRY_REGION_SHIFT)
  store<u64>(entry, <u64>place | (<u64>(stamp | (scaled(score) << 16)) << 32))
  store<f64>(entry, time, R.READING_TIME)
  store<v128>(entry, load<v128>(reading, R.READING_VALUE), R.READING_VALUE)
}

/** Everything that can be the matter with a reading, in the order in which it is found. */
function routeWithCare(s: Scratch, frame: usize, reading: usize): void {
  const map = s.map
  const key = load<u64>(reading)
  const north = northing(load<i32>(reading, R.READING_LAT))
  const east = easting(load<i32>(reading, R.READING_LON))
  let time = load<f64>(reading, R.READING_TIME)
  if (!isSound(reading, s.latest) || !isInRange(north, east)) {
    if (isTimeAbsent(reading)) time = s.arrival
    const fault = faultOf(reading, time, s.latest)
    if (fault != 0) return rejectMalformed(s, frame, reading, fault)
  }
  const row = takeRow(map, key)
  if (row == 0) return refuseSeries(s, frame, reading, key)
  const epoch = epochOf(map, row)
  if (load<u32>(row, S.ROW_EPOCH) != epoch && !lookUpDevice(map, row, key, epoch))
    return refuse(s, frame, reading, REASON_DEVICE, L.TIER_COUNT)
  const tier = <u32>load<u8>(row, S.ROW_TIER)
  if (tier + s.shed >= <u32>L.TIER_COUNT) return refuse(s, frame, reading, REASON_STORAGE, tier)
  if (s.keep != 0 && tier == LOWEST_TIER && !isKept(s)) return refuse(s, frame, reading, REASON_SAMPLED, tier)
  if (s.rate != 0 && !withinRate(map, key >> 16, s.rate, s.second)) return refuse(s, frame, reading, REASON_RATE, tier)
  const lane = <usize>load<u32>(map, M.MAP_LANES) + (<usize>load<u32>(row, S.ROW_LANE) << L.LANE_SHIFT)
  if (<u32>load<u8>(row, S.ROW_LANE_TIER) != tier && !changeLane(s, row, tier, shardOf(key)))
    return refuse(s, frame, reading, REASON_OVERLOAD, tier)
  if (!ensureRoom(map, lane, tier + L.TRACK_CRITICAL, s.tick, R.READING_BYTES))
    return refuse(s, frame, reading, REASON_OVERLOAD, tier)
  const region = regionOf(map, row, reading, north, east)
  const metric = <usize>load<u32>(map, M.MAP_METRICS) + (<usize>(key & 0xffff) << M.METRIC_SHIFT)
  const value = load<f64>(reading, R.READING_VALUE)
  let delta = value - load<f64>(row, S.ROW_MEAN)
  const score = delta / deviationOf(row, metric)
  if (isAbnormal(row) || isNotable(map, metric, load<u32>(row, S.ROW_COUNT), score)) {
    const phase = phaseOf(map, row, metric, score)
    if (phase != 0 && !appendEvent(s, row, reading, time, score, phase, region, shardOf(key)))
      return refuse(s, frame, reading, REASON_OVERLOAD, tier)
    delta *= takeNote(map, row, metric, score, phase)
  }
  learn(map, row, value, delta)
  s.countRouted(tier)
  countIn(map, region, tier)
  settle(row, tier) // not before: a reading that is refused after all leaves nothing to wait for
  writeEntry(appendEntry(lane, R.READING_BYTES), row, reading, time, region, stampOf(lane, s.tick), score)
}

/** One of `keep`, whatever the rhythm of the readings is. */
function isKept(s: Scratch): bool {
  s.dice = s.dice * 1664525 + 1013904223
  return (s.dice >> 8) % s.keep == 0
}

function refuseSeries(s: Scratch, frame: usize, reading: usize, key: u64): void {
  if (key >> 16 == 0) rejectMalformed(s, frame, reading, faultOf(reading, s.arrival, s.latest))
  else if (!isMetricKnown(s.map, key)) refuse(s, frame, reading, REASON_METRIC, L.TIER_COUNT)
  else refuse(s, frame, reading, isDeviceAdmitted(s.map, key) ? REASON_SERIES : REASON_DEVICE, L.TIER_COUNT)
}

/** The device's tier is not that of the series' last reading: what is left in the old lane comes first. */
function changeLane(s: Scratch, row: usize, tier: u32, shard: u32): bool {
  const before = <u32>load<u8>(row, S.ROW_LANE_TIER)
  if (before < <u32>L.TIER_COUNT && !fenceLane(s.map, shard, before, tier, s.tick)) return false
  return ensureRoom(
    s.map, laneAt(s.map, tier + L.TRACK_CRITICAL, shard), tier + L.TRACK_CRITICAL, s.tick, R.READING_BYTES,
  )
}

/** Adding 1.5 × 2^52 leaves a double's integer part in its low bits. */
const ROUNDER: f64 = 6755399441055744

/** The score in 16 bits: 1/SCORE_SCALE steps, saturated; 0 where there is none (0/0). Its sign is anyone's guess: no branch. */
@inline
function scaled(score: f64): u32 {
  const steps = f64x2.splat(score * R.SCORE_SCALE)
  const kept = f64x2.pmax(f64x2.pmin(steps, f64x2.splat(R.MAX_SCORE)), f64x2.splat(-R.MAX_SCORE))
  return <u32>reinterpret<u64>(f64x2.extract_lane(kept, 0) + ROUNDER) & 0xffff
}

/** False when there is no room for it. */
function appendEvent(
  s: Scratch, row: usize, reading: usize, time: f64, score: f64, phase: u32, region: u32, shard: u32,
): bool {
  const lane = laneAt(s.map, L.TRACK_EVENTS, shard)
  if (!ensureRoom(s.map, lane, L.TRACK_EVENTS, s.tick, L.EVENT_BYTES)) return false
  const event = appendEntry(lane, L.EVENT_BYTES)
  s.events = 1
  store<u64>(event, load<u64>(reading), L.EVENT_SERIES)
  store<f64>(event, time, L.EVENT_TIME)
  store<f64>(event, load<f64>(reading, R.READING_VALUE), L.EVENT_VALUE)
  store<f64>(event, score, L.EVENT_SCORE)
  store<f64>(event, s.receivedMs, L.EVENT_RECEIVED_MS)
  store<f32>(event, <f32>load<f64>(row, S.ROW_MEAN), L.EVENT_MEAN)
  store<f32>(event, <f32>sqrt<f64>(load<f64>(row, S.ROW_VARIANCE)), L.EVENT_DEVIATION)
  store<u32>(event, load<u32>(row, S.ROW_SLOT), L.EVENT_SLOT)
  store<u8>(event, <u8>region, L.EVENT_REGION)
  store<u8>(event, load<u8>(row, S.ROW_TIER), L.EVENT_TIER)
  store<u8>(event, <u8>phase, L.EVENT_PHASE)
  store<u64>(event, load<u64>(reading, R.READING_LAT), L.EVENT_LAT)
  return true
}

/** Shows what `route` has written to the workers, counts it and its latency; returns the readings shown. */
export function publish(map: usize, scratch: usize, nowMs: f64): u32 {
  const s = changetype<Scratch>(scratch)
  const counters = <usize>load<u32>(map, M.MAP_ROUTER_COUNTERS)
  const shards = s.runs == 0 ? ALL : s.shards // without a frame: what recovery has put there
  const tracks = s.runs == 0 ? ALL : recordLatencies(s, map, nowMs)
  let total: u32 = 0
  for (let track: u32 = 0; track < <u32>L.TRACK_COUNT; track++) {
    if (((tracks >> <u64>track) & 1) == 0) continue
    let added: u32 = 0
    for (let rest = shards; rest != 0; rest &= rest - 1) {
      const shard = <u32>ctz<u64>(rest)
      added += publishLane(map, laneAt(map, track, shard), (track << L.LANES_PER_TRACK_SHIFT) | shard)
    }
    if (added == 0) continue
    if (track == L.TRACK_EVENTS) addTo(counters + C.ROUTER_ANOMALIES, added)
    else {
      addTo(counters + C.ROUTER_ACCEPTED + (<usize>(track - L.TRACK_CRITICAL) << 3), added)
      total += added
    }
  }
  s.frame = 0
  addTo(counters + C.ROUTER_FRAMES, s.frames)
  s.frames = 0
  return total
}

/** Counts the latencies of what has been routed; returns the tracks that have something new, as bits. */
function recordLatencies(s: Scratch, map: usize, nowMs: f64): u64 {
  const latencies = <usize>load<u32>(map, M.MAP_LATENCIES)
  let tracks = <u64>s.events << L.TRACK_EVENTS
  for (let i: u32 = 0; i < s.runs; i++) {
    for (let tier: u32 = 0; tier < <u32>L.TIER_COUNT; tier++) {
      const count = s.runCount(i, tier)
      if (count == 0) continue
      recordLatency(latencies + <usize>tier * C.LATENCY_SET_BYTES, nowMs - s.runMs(i), count)
      tracks |= <u64>1 << (tier + L.TRACK_CRITICAL)
    }
  }
  s.runs = 0
  s.events = 0
  s.shards = 0
  return tracks
}
