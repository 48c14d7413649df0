// The series table of a shard: linear probing (Knuth, TAOCP vol. 3, 6.4, algorithm L); rows are never removed.

import * as S from '../src/memory/layout/series.layout'
import * as L from '../src/memory/layout/lanes.layout'
import * as M from '../src/memory/layout/map.layout'
import * as C from '../src/memory/layout/counters.layout'
import { hashDevice, shardOf, slotOf } from './hash'

/** The key's row, or a free one to take, or 0 when there is neither. The caller tells them apart by the key in it. */
export function probe(map: usize, key: u64): usize {
  const shard = <usize>shardOf(key)
  const table = <usize>load<u32>(map, M.MAP_SERIES) + shard * <usize>load<u32>(map, M.MAP_SHARD_BYTES)
  const mask = load<u32>(map, M.MAP_SLOT_MASK)
  let slot = slotOf(key, load<u32>(map, M.MAP_HASH_SHIFT), mask) & mask
  for (let i = 0; i < S.MAX_PROBES; i++) {
    const row = table + (<usize>slot << S.ROW_SHIFT)
    const found = load<u64>(row, S.ROW_KEY)
    if (found == key || found == 0) return row
    slot = (slot + 1) & mask
  }
  return 0
}

/**
 * The key's row, looked for from `near` on, or 0 when a free one comes first: then the series is new, or its run goes
 * on at its shard's first row. Behind the table lies a row that is always free.
 */
export function seek(near: usize, key: u64): usize {
  let row = near
  let found = load<u64>(row)
  while (found != key && found != 0) {
    row += S.ROW_BYTES
    found = load<u64>(row)
  }
  return found == key ? row : 0
}

/** The key's row, or 0. For readers on other threads. */
export function findSeries(map: usize, key: u64): usize {
  const row = probe(map, key)
  return row != 0 && load<u64>(row, S.ROW_KEY) == key ? row : 0
}

@inline
export function isMetricKnown(map: usize, key: u64): bool {
  return load<u8>(<usize>load<u32>(map, M.MAP_METRICS) + (<usize>(key & 0xffff) << M.METRIC_SHIFT), M.METRIC_KNOWN) != 0
}

/**
 * The row of a series, taken when new; 0 when its metric is unknown, its device must be registered and isn't, or the
 * table or limits.series is full.
 */
export function takeRow(map: usize, key: u64): usize {
  const row = probe(map, key)
  if (row == 0 || load<u64>(row, S.ROW_KEY) == key) return row
  if (key >> 16 == 0 || !isMetricKnown(map, key) || !isDeviceAdmitted(map, key)) return 0
  const table = load<u32>(map, M.MAP_SERIES) + shardOf(key) * load<u32>(map, M.MAP_SHARD_BYTES)
  const counters = <usize>load<u32>(map, M.MAP_ROUTER_COUNTERS)
  const count = load<u64>(counters, C.ROUTER_SERIES)
  if (count >= <u64>load<u32>(map, M.MAP_SERIES_LIMIT)) return 0
  store<u64>(counters, count + 1, C.ROUTER_SERIES)
  store<u32>(row, 0xffffffff, S.ROW_EPOCH)
  store<u8>(row, 0xff, S.ROW_LANE_TIER)
  store<u32>(row, shardOf(key), S.ROW_LANE) // until it is looked up: says whose epoch counts
  store<u32>(row, (<u32>row - table) >> S.ROW_SHIFT, S.ROW_SLOT)
  atomic.store<u64>(row, key, S.ROW_KEY) // the row is ready: pairs with probe on other threads
  return row
}

/**
 * Fills in what the registry says of the row's device; false when the device must be registered and is
 * not: its rows keep an old epoch, so that they are looked up every time.
 */
export function lookUpDevice(map: usize, row: usize, key: u64, epoch: u32): bool {
  const device = findDevice(map, key >> 16)
  const known = isKnown(device)
  if (!known && load<u32>(map, M.MAP_KNOWN_ONLY) != 0) {
    store<u32>(row, epoch - 1, S.ROW_EPOCH)
    return false
  }
  const tier = known ? <u32>load<u8>(device, M.DEVICE_TIER) : load<u32>(map, M.MAP_DEFAULT_TIER)
  store<u8>(row, <u8>tier, S.ROW_TIER)
  store<u32>(row, ((tier + L.TRACK_CRITICAL) << L.LANES_PER_TRACK_SHIFT) | shardOf(key), S.ROW_LANE)
  store<u8>(row, known ? load<u8>(device, M.DEVICE_REGION) : 0, S.ROW_HOME)
  store<u32>(row, epoch, S.ROW_EPOCH)
  store<u8>(row, load<u8>(row, S.ROW_FLAGS) | S.ROW_UNSETTLED, S.ROW_FLAGS)
  return true
}

/** The row's series has gone over to the lane of its device's tier. */
@inline
export function settle(row: usize, tier: u32): void {
  store<u8>(row, <u8>tier, S.ROW_LANE_TIER)
  store<u8>(row, load<u8>(row, S.ROW_FLAGS) & ~(<u8>S.ROW_UNSETTLED), S.ROW_FLAGS)
}

@inline
function isKnown(device: usize): bool {
  return device != 0 && (load<u8>(device, M.DEVICE_FLAGS) & M.DEVICE_KNOWN) != 0
}

/** May the key's device send? Devices that may not take no rows from those that may. */
export function isDeviceAdmitted(map: usize, key: u64): bool {
  return load<u32>(map, M.MAP_KNOWN_ONLY) == 0 || isKnown(findDevice(map, key >> 16))
}

function findDevice(map: usize, id: u64): usize {
  const table = <usize>load<u32>(map, M.MAP_DEVICES)
  const mask = load<u32>(map, M.MAP_DEVICE_MASK)
  let slot = <u32>(hashDevice(id) >> 32) & mask
  for (let i: u32 = 0; i <= mask; i++) {
    const device = table + (<usize>slot << M.DEVICE_SHIFT)
    const found = atomic.load<u64>(device, M.DEVICE_ID) // pairs with the registry's store of the id
    if (found == id) return device
    if (found == 0) return 0
    slot = (slot + 1) & mask
  }
  return 0 // removed devices keep their places, so the table can be full
}

/** Where the registry puts a device: its place, else that of a removed one, else a free one; 0 when there is none. */
export function placeDevice(map: usize, id: u64): usize {
  const table = <usize>load<u32>(map, M.MAP_DEVICES)
  const mask = load<u32>(map, M.MAP_DEVICE_MASK)
  let slot = <u32>(hashDevice(id) >> 32) & mask
  let removed: usize = 0
  for (let i: u32 = 0; i <= mask; i++) {
    const device = table + (<usize>slot << M.DEVICE_SHIFT)
    const found = load<u64>(device, M.DEVICE_ID)
    if (found == id) return device
    if (found == 0) return removed != 0 ? removed : device
    if (removed == 0 && (load<u8>(device, M.DEVICE_FLAGS) & M.DEVICE_KNOWN) == 0) removed = device
    slot = (slot + 1) & mask
  }
  return removed
}
