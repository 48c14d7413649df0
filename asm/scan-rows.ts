// Readings into blocks of their shards: rows of time, value, device and kind (src/history/scan/share-blocks.ts).

import * as S from '../src/history/scan/scan.layout'

const UNITS: f64 = 1e7
const ABSENT: i32 = -2147483648

/** Why nothing was put, for a caller that ends with it. */
@inline
export function stop(desk: usize, reason: u32): usize {
  store<u32>(desk, reason, S.DESK_STOP)
  return 0
}

/** Whether a row more has a place: one reading begins one block at most. */
@inline
export function hasRoom(desk: usize): bool {
  return load<u32>(desk, S.DESK_BLOCKS_USED) < load<u32>(desk, S.DESK_BLOCK_COUNT)
}

/**
 * Puts the reading in the desk's row; region and tier as numbers. False = its time or value is wrong. There must be room.
 */
export function putReading(desk: usize, device: u32, metric: u32, region: u32, tier: u32): bool {
  const value = load<f64>(desk, S.DESK_ROW)
  const time = load<f64>(desk, S.DESK_ROW + 8)
  if (!isRight(desk, time, value)) return false
  if (!isAsked(desk, time)) return true
  const about = aboutOf(desk, device)
  const ownRegion = region == S.NO_REGION ? about & 0xff0000 : region << 16
  const ownTier = tier == S.NO_TIER ? about & 0xff000000 : tier << 24
  const at = putRow(desk, about & 63, device, metric | ownRegion | ownTier, time, value)
  const lat = load<f64>(desk, S.DESK_ROW + 16)
  const lon = load<f64>(desk, S.DESK_ROW + 24)
  if (lat == lat && lon == lon) placeRow(desk, about & 63, at, nearest(lat * UNITS), nearest(lon * UNITS))
  return true
}

/**
 * Takes `count` readings as the wire protocol has them. Returns how many are done with: less than all if the desk says why.
 * The last wrong one is noted there.
 */
export function scanReadings(desk: usize, first: usize, count: u32): u32 {
  let device: i32 = -1
  let about: u32 = 0
  let metric: i32 = 0
  let known: u64 = ~(<u64>0)
  const metrics = <usize>load<u32>(desk, S.DESK_METRIC_NUMBERS)
  store<u32>(desk, S.STOP_DONE, S.DESK_STOP)
  store<i32>(desk, S.NONE, S.DESK_WRONG)
  for (let i: u32 = 0; i < count; i++) {
    const reading = first + (<usize>i << 5)
    const key = load<u64>(reading)
    if (!hasRoom(desk)) return interrupted(desk, S.STOP_ROOM, i)
    if (key != known) {
      device = deviceOf(desk, key >> 16, device)
      if (device < 0) return interrupted(desk, S.STOP_ID, i)
      metric = load<i32>(metrics + ((<usize>key & 0xffff) << 2))
      if (metric < 0) return interrupted(desk, S.STOP_METRIC_ID, i)
      about = aboutOf(desk, device)
      known = key
    }
    const time = load<f64>(reading, 8)
    const value = load<f64>(reading, 16)
    if (!isRight(desk, time, value)) {
      store<u32>(desk, i, S.DESK_WRONG)
      continue
    }
    if (!isAsked(desk, time)) continue
    const at = putRow(desk, about & 63, device, metric | (about & 0xffff0000), time, value)
    const lat = load<i32>(reading, 24)
    const lon = load<i32>(reading, 28)
    if (lat != ABSENT && lon != ABSENT) placeRow(desk, about & 63, at, <f64>lat, <f64>lon)
  }
  return count
}

@inline
function interrupted(desk: usize, reason: u32, done: u32): u32 {
  store<u32>(desk, reason, S.DESK_STOP)
  return done
}

/** The number of the device with this id; often devices come in the same order again and again. */
@inline
function deviceOf(desk: usize, id: u64, before: i32): i32 {
  const ids = <usize>load<u32>(desk, S.DESK_IDS)
  const likely = <u32>(before + 1)
  if (likely < load<u32>(desk, S.DESK_ID_COUNT) && load<f64>(ids + (<usize>likely << 3)) == <f64>id) return likely
  return searchDevice(desk, ids, id)
}

const GOLDEN: u32 = 0x9e3779b1

function searchDevice(desk: usize, ids: usize, id: u64): i32 {
  const slots = <usize>load<u32>(desk, S.DESK_ID_SLOTS)
  const mask = load<u32>(desk, S.DESK_ID_MASK)
  const hash = (<u32>(id >> 16) ^ ((<u32>id & 0xffff) * GOLDEN)) * GOLDEN
  let slot = (hash ^ (hash >> 15)) & mask
  while (true) {
    const device = load<i32>(slots + (<usize>slot << 2))
    if (device == S.NONE || load<f64>(ids + (<usize>device << 3)) == <f64>id) return device
    slot = (slot + 1) & mask
  }
}

@inline
function aboutOf(desk: usize, device: u32): u32 {
  return load<u32>(<usize>load<u32>(desk, S.DESK_ABOUT) + (<usize>device << 2))
}

@inline
function isRight(desk: usize, time: f64, value: f64): bool {
  return time <= load<f64>(desk, S.DESK_UNTIL_MS) && time > 0 && value - value == 0
}

@inline
function isAsked(desk: usize, time: f64): bool {
  return time >= load<f64>(desk, S.DESK_FROM_MS) && time < load<f64>(desk, S.DESK_TO_MS)
}

/** Where the row is. */
@inline
function putRow(desk: usize, shard: u32, device: u32, kind: u32, time: f64, value: f64): usize {
  const own = desk + (<usize>shard << 2)
  let at = <usize>load<u32>(own, S.DESK_NEXT)
  if (at == <usize>load<u32>(own, S.DESK_END)) at = beginBlock(desk, shard)
  store<u32>(own, <u32>at + S.BLOCK_ROW_BYTES, S.DESK_NEXT)
  store<f64>(at, time)
  store<f64>(at, value, 8)
  store<u32>(at, device, 16)
  store<u32>(at, kind, 20)
  store<u32>(desk, load<u32>(desk, S.DESK_READINGS) + 1, S.DESK_READINGS)
  if (time > load<f64>(desk, S.DESK_LATEST)) store<f64>(desk, time, S.DESK_LATEST)
  return at
}

function beginBlock(desk: usize, shard: u32): usize {
  const own = desk + (<usize>shard << 2)
  const used = load<u32>(desk, S.DESK_BLOCKS_USED)
  const number = <usize>used << 2
  const block = load<u32>(<usize>load<u32>(desk, S.DESK_BLOCKS) + number)
  store<u32>(<usize>load<u32>(desk, S.DESK_HEADS) + number, shard | S.FULL_HEAD)
  store<u32>(own, block + S.BLOCK_ROWS_BYTES, S.DESK_END)
  store<u32>(own, used, S.DESK_BLOCK)
  store<u32>(desk, used + 1, S.DESK_BLOCKS_USED)
  return <usize>block
}

/** Position in 1e-7 degree. Rows that have none have no position. */
function placeRow(desk: usize, shard: u32, at: usize, lat: f64, lon: f64): void {
  const own = desk + (<usize>shard << 2)
  const block = <usize>load<u32>(own, S.DESK_END) - S.BLOCK_ROWS_BYTES
  const head = <usize>load<u32>(desk, S.DESK_HEADS) + (<usize>load<u32>(own, S.DESK_BLOCK) << 2)
  if ((load<u32>(head) & S.PLACED_HEAD) == 0) {
    store<u32>(head, load<u32>(head) | S.PLACED_HEAD)
    for (let to = block + S.BLOCK_LAT; to < block + 2 * S.BLOCK_LON - S.BLOCK_LAT; to += 8) store<f64>(to, NaN)
  }
  const row = ((at - block) / S.BLOCK_ROW_BYTES) << 3
  store<f64>(block + row, lat / UNITS, S.BLOCK_LAT)
  store<f64>(block + row, lon / UNITS, S.BLOCK_LON)
}

/** The nearest whole number; of two the upper one, as Math.round has it, and no −0. */
@inline
function nearest(value: f64): f64 {
  const below = floor<f64>(value)
  return value - below >= 0.5 ? below + 1 : below + 0
}
