// The route kernel: frames of a ring in, entries of lanes out. Readings are worked in groups of 32, whose rows are
// touched first, so that the waits for memory overlap; everything else is one pass over each reading.

import * as C from '../src/memory/layout/counters.layout'
import * as F from '../src/memory/layout/ring.layout'
import * as L from '../src/memory/layout/lanes.layout'
import * as M from '../src/memory/layout/map.layout'
import * as R from '../src/memory/layout/reading.layout'
import * as S from '../src/memory/layout/series.layout'
import { addTo, recordLatency } from './counters'
import { cellOf, easting, northing } from './geohash'
import { shardOf, slotOf } from './hash'
import { appendEntry, ensureRoom, fenceLane, laneAt, publishLane, stampOf } from './lane-writer'
import { withinRate } from './rate-limit'
import { isMarked, refuse, rejectMalformed } from './refusals'
import { deviationOf, isNotable, learn, phaseOf, takeNote } from './score'
import { isDeviceAdmitted, isMetricKnown, lookUpDevice, seek, takeRow } from './series-table'
import { faultOf, isInRange, isPositionAbsent, isSound, isSoundOrTimeless, isTimeAbsent } from './validate'
import { Scratch } from './scratch'

const GROUP: u32 = 32

const REASON_OVERLOAD: u32 = 1
const REASON_SERIES: u32 = 3
const REASON_DEVICE: u32 = 4
const REASON_METRIC: u32 = 5
const REASON_RATE: u32 = 6
const REASON_STORAGE: u32 = 10

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
  s.careful = s.rate | s.shed
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
      touchRows(s, size, take, frame, reading)
      reading += <usize>take * R.READING_BYTES
      left -= take
      size += take
    }
    if (size == 0) return cursor
    for (let i: u32 = 0; i < size; i++) routeReading(s, s.frameAt(i), s.readingAt(i), s.rowAt(i))
  }
  return cursor
}

/** A frame from the journal: the readings marked in it were not taken then, or are in the checkpoint already. */
function routeMarked(s: Scratch, frame: usize): u32 {
  const count = load<u32>(frame, F.FRAME_READING_COUNT)
  const first = frame + <usize>load<u32>(frame, F.FRAME_READING_OFFSET)
  s.enterFrame(frame)
  for (let i: u32 = 0; i < count; i++) {
    if (!isMarked(frame, count, i)) routeWithCare(s, frame, first + <usize>i * R.READING_BYTES)
  }
  return count
}

/** Puts readings on the workbench and reads the first word of each one's home row, so that its line is under way. */
@inline
function touchRows(s: Scratch, first: u32, count: u32, frame: usize, reading: usize): void {
  const series = <usize>load<u32>(s.map, M.MAP_SERIES)
  const shift = load<u32>(s.map, M.MAP_HASH_SHIFT)
  const mask = load<u32>(s.map, M.MAP_SLOT_MASK)
  for (let i: u32 = 0; i < count; i++) {
    const row = series + (<usize>slotOf(load<u64>(reading), shift, mask) << S.ROW_SHIFT)
    s.put(first + i, frame, reading, row, load<u32>(row))
    reading += R.READING_BYTES
  }
}

/**
 * The way of nearly every reading: sound, of a series that is known and calm, with room in its lane. Whatever isn't so
 * goes the careful way; nothing has been changed by then.
 */
@inline
function routeReading(s: Scratch, frame: usize, reading: usize, home: usize): void {
  if (frame != s.frame) s.enterFrame(frame)
  const map = s.map
  const key = load<u64>(reading)
  const row = load<u64>(home) == key ? home : seek(map, home, key)
  if (row == 0) return routeWithCare(s, frame, reading)
  const lane = <usize>load<u32>(map, M.MAP_LANES) + (<usize>load<u32>(row, S.ROW_LANE) << L.LANE_SHIFT)
  const metric = <usize>load<u32>(map, M.MAP_METRICS) + (<usize>(key & 0xffff) << M.METRIC_SHIFT)
  const value = load<f64>(reading, R.READING_VALUE)
  const delta = value - load<f64>(row, S.ROW_MEAN)
  const score = delta / deviationOf(row, metric)
  const north = northing(load<i32>(reading, R.READING_LAT))
  const east = easting(load<i32>(reading, R.READING_LON))
  const time = load<u64>(reading, R.READING_TIME)
  const absent = isPositionAbsent(reading)
  const plain =
    u32(load<u32>(row, S.ROW_EPOCH) == epochOf(map, row)) &
    u32(load<u8>(row, S.ROW_LANE_TIER) == load<u8>(row, S.ROW_TIER)) &
    u32(isSoundOrTimeless(reading, s.latest)) &
    (u32(absent) | u32(isInRange(north, east))) &
    u32(load<u32>(lane, L.LANE_WRITE) + R.READING_BYTES <= load<u32>(lane, L.LANE_WRITE_END)) &
    u32(stampOf(lane, s.tick) <= <u32>R.MAX_STAMP) &
    u32(!isNotable(row, metric, score)) &
    u32(s.careful == 0)
  if (plain == 0) return routeWithCare(s, frame, reading)
  const region = regionOf(map, row, reading, north, east)
  learn(map, row, value, delta)
  s.countRouted(<u32>load<u8>(row, S.ROW_TIER))
  append(s, lane, row, reading, time == 0 ? s.arrival : reinterpret<f64>(time), region, score)
}

@inline
function epochOf(map: usize, row: usize): u32 {
  const shard = load<u32>(row, S.ROW_LANE) & (S.SHARD_COUNT - 1)
  return load<u32>(<usize>load<u32>(map, M.MAP_EPOCHS) + (<usize>shard << 2))
}

@inline
function append(s: Scratch, lane: usize, row: usize, reading: usize, time: f64, region: u32, score: f64): void {
  const entry = appendEntry(lane, R.READING_BYTES)
  const place = load<u32>(row, S.ROW_SLOT) | (region << R.ENTRY_REGION_SHIFT)
  store<u64>(entry, <u64>place | (<u64>(stampOf(lane, s.tick) | (scaled(score) << 16)) << 32))
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
  if (isNotable(row, metric, score)) {
    const phase = phaseOf(map, row, metric, score)
    if (phase != 0 && !appendEvent(s, row, reading, time, score, phase, region, shardOf(key)))
      return refuse(s, frame, reading, REASON_OVERLOAD, tier)
    delta *= takeNote(map, row, metric, score, phase)
  }
  learn(map, row, value, delta)
  s.countRouted(tier)
  store<u8>(row, <u8>tier, S.ROW_LANE_TIER) // not before: a reading that is refused after all leaves nothing to wait for
  append(s, lane, row, reading, time, region, score)
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

@inline
function regionOf(map: usize, row: usize, reading: usize, north: u32, east: u32): u32 {
  const regions = <usize>load<u32>(map, M.MAP_REGIONS)
  const region = isPositionAbsent(reading)
    ? <u32>load<u8>(row, S.ROW_HOME)
    : <u32>load<u8>(regions + <usize>cellOf(north, east))
  store<u8>(row, <u8>region, S.ROW_REGION)
  return region
}

/** Adding 1.5 × 2^52 leaves a double's integer part in its low bits. */
const ROUNDER: f64 = 6755399441055744

/** The score in 16 bits: 1/SCORE_SCALE steps, saturated; 0 where there is none (0/0). */
@inline
function scaled(score: f64): u32 {
  if (abs<f64>(score) < 127) return <u32>reinterpret<u64>(score * R.SCORE_SCALE + ROUNDER) & 0xffff
  return score > 0 ? 32767 : score < 0 ? 32769 : 0
}

/** False when there is no room for it. */
function appendEvent(
  s: Scratch, row: usize, reading: usize, time: f64, score: f64, phase: u32, region: u32, shard: u32,
): bool {
  const lane = laneAt(s.map, L.TRACK_EVENTS, shard)
  if (!ensureRoom(s.map, lane, L.TRACK_EVENTS, s.tick, L.EVENT_BYTES)) return false
  const event = appendEntry(lane, L.EVENT_BYTES)
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
  const counters = <usize>load<u32>(map, M.MAP_ROUTER_COUNTERS)
  let total: u32 = 0
  for (let track: u32 = 0; track < <u32>L.TRACK_COUNT; track++) {
    let added: u32 = 0
    for (let shard: u32 = 0; shard < <u32>S.SHARD_COUNT; shard++) {
      added += publishLane(map, laneAt(map, track, shard), (track << L.LANES_PER_TRACK_SHIFT) | shard)
    }
    if (added == 0) continue
    if (track == L.TRACK_EVENTS) addTo(counters + C.ROUTER_ANOMALIES, added)
    else {
      addTo(counters + C.ROUTER_ACCEPTED + (<usize>(track - L.TRACK_CRITICAL) << 3), added)
      total += added
    }
  }
  const s = changetype<Scratch>(scratch)
  const latencies = <usize>load<u32>(map, M.MAP_LATENCIES)
  for (let i: u32 = 0; i < s.runs; i++) {
    for (let tier: u32 = 0; tier < <u32>L.TIER_COUNT; tier++) {
      const count = s.runCount(i, tier)
      if (count != 0) recordLatency(latencies + <usize>tier * C.LATENCY_SET_BYTES, nowMs - s.runMs(i), count)
    }
  }
  s.runs = 0
  s.frame = 0
  addTo(counters + C.ROUTER_FRAMES, s.frames)
  s.frames = 0
  return total
}
