// The series table of a shard: linear probing (Knuth, TAOCP vol. 3, 6.4, algorithm L); rows are never removed.

import * as S from '../src/memory/layout/series.layout'
import * as M from '../src/memory/layout/map.layout'
import * as C from '../src/memory/layout/counters.layout'
import { shardOf, slotHash } from './hash'

/** Row where the key would be if nothing collided. */
@inline
export function homeRow(map: usize, key: u64): usize {
  const table = <usize>load<u32>(map, M.MAP_SERIES) + <usize>shardOf(key) * <usize>load<u32>(map, M.MAP_SHARD_BYTES)
  return table + (<usize>(slotHash(key) & load<u32>(map, M.MAP_SLOT_MASK)) << S.ROW_SHIFT)
}

/** The key's row, or a free one to take, or 0 when there is neither. The caller tells them apart by the key in it. */
export function probe(map: usize, key: u64): usize {
  const table = <usize>load<u32>(map, M.MAP_SERIES) + <usize>shardOf(key) * <usize>load<u32>(map, M.MAP_SHARD_BYTES)
  const mask = load<u32>(map, M.MAP_SLOT_MASK)
  let slot = slotHash(key) & mask
  for (let i = 0; i < S.MAX_PROBES; i++) {
    const row = table + (<usize>slot << S.ROW_SHIFT)
    const found = load<u64>(row, S.ROW_KEY)
    if (found == key || found == 0) return row
    slot = (slot + 1) & mask
  }
  return 0
}

/** The key's row, or 0. For readers on other threads. */
export function findSeries(map: usize, key: u64): usize {
  const row = probe(map, key)
  return row != 0 && load<u64>(row, S.ROW_KEY) == key ? row : 0
}

/** The row of a series, taken when new; 0 when the table or limits.series is full. */
export function takeRow(map: usize, key: u64): usize {
  const row = probe(map, key)
  if (row == 0 || load<u64>(row, S.ROW_KEY) == key) return row
  const counters = <usize>load<u32>(map, M.MAP_ROUTER_COUNTERS)
  const count = load<u64>(counters, C.ROUTER_SERIES)
  if (count >= <u64>load<u32>(map, M.MAP_SERIES_LIMIT)) return 0
  store<u64>(counters, count + 1, C.ROUTER_SERIES)
  store<u32>(row, 0xffffffff, S.ROW_EPOCH)
  store<u8>(row, 0xff, S.ROW_LANE_TIER)
  atomic.store<u64>(row, key, S.ROW_KEY) // the row is ready: pairs with probe on other threads
  return row
}

/** Fills in what the registry says of the row's device; false when the device must be registered and is not. */
export function lookUpDevice(map: usize, row: usize, key: u64, epoch: u32): bool {
  const device = findDevice(map, key >> 16)
  const known = device != 0 && (load<u8>(device, M.DEVICE_FLAGS) & M.DEVICE_KNOWN) != 0
  if (!known && load<u32>(map, M.MAP_KNOWN_ONLY) != 0) {
    store<u32>(row, epoch - 1, S.ROW_EPOCH)
    return false
  }
  store<u8>(row, known ? load<u8>(device, M.DEVICE_TIER) : <u8>load<u32>(map, M.MAP_DEFAULT_TIER), S.ROW_TIER)
  store<u8>(row, known ? load<u8>(device, M.DEVICE_REGION) : 0, S.ROW_HOME)
  store<u32>(row, epoch, S.ROW_EPOCH)
  return true
}

function findDevice(map: usize, id: u64): usize {
  const table = <usize>load<u32>(map, M.MAP_DEVICES)
  const mask = load<u32>(map, M.MAP_DEVICE_MASK)
  let slot = slotHash(id) & mask
  while (true) {
    const device = table + (<usize>slot << M.DEVICE_SHIFT)
    const found = atomic.load<u64>(device, M.DEVICE_ID) // pairs with the registry's store of the id
    if (found == id) return device
    if (found == 0) return 0
    slot = (slot + 1) & mask
  }
}

/** Where the registry puts a device: its place, or the free one to take. Main thread only. */
export function placeDevice(map: usize, id: u64): usize {
  const table = <usize>load<u32>(map, M.MAP_DEVICES)
  const mask = load<u32>(map, M.MAP_DEVICE_MASK)
  let slot = slotHash(id) & mask
  for (let i: u32 = 0; i <= mask; i++) {
    const device = table + (<usize>slot << M.DEVICE_SHIFT)
    const found = load<u64>(device, M.DEVICE_ID)
    if (found == id || found == 0) return device
    slot = (slot + 1) & mask
  }
  return 0
}
