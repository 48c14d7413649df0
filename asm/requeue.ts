// Recovery, before any agent runs: rows back into their tables, waiting entries back into their lanes.

import * as C from '../src/memory/layout/counters.layout'
import * as K from '../src/memory/layout/capture.layout'
import * as L from '../src/memory/layout/lanes.layout'
import * as M from '../src/memory/layout/map.layout'
import * as R from '../src/memory/layout/reading.layout'
import * as S from '../src/memory/layout/series.layout'
import { addTo } from './counters'
import { shardOf } from './hash'
import { appendEntry, ensureRoom, laneAt, openBlock, stampOf } from './lane-writer'
import { probe } from './series-table'

/**
 * Puts `count` packed rows and windows of the capture area in their places and says in each packed row which slot that
 * is; returns how many found one. The router will look their devices up again.
 */
export function restoreRows(map: usize, capture: usize, count: u32): u32 {
  let from = <usize>load<u32>(capture, K.CAPTURE_ROWS)
  let window = <usize>load<u32>(capture, K.CAPTURE_WINDOWS)
  const across = load<u32>(map, M.MAP_WINDOWS) - load<u32>(map, M.MAP_SERIES)
  let done: u32 = 0
  for (; done < count; done++) {
    const key = load<u64>(from, S.ROW_KEY)
    const row = probe(map, key)
    if (row == 0 || load<u64>(row, S.ROW_KEY) == key) break
    const table = load<u32>(map, M.MAP_SERIES) + shardOf(key) * load<u32>(map, M.MAP_SHARD_BYTES)
    store<u32>(from, (<u32>row - table) >> S.ROW_SHIFT, S.ROW_SLOT)
    store<u32>(from, 0xffffffff, S.ROW_EPOCH)
    memory.copy(row, from, S.ROW_BYTES)
    memory.copy(row + across, window, S.WINDOW_ROW_BYTES)
    from += S.ROW_BYTES
    window += S.WINDOW_ROW_BYTES
  }
  addTo(<usize>load<u32>(map, M.MAP_ROUTER_COUNTERS) + C.ROUTER_SERIES, done)
  return done
}

/** Appends `count` entries, as if they had come in now, to a lane; returns how many found room. Shown by `publish`. */
export function requeue(
  map: usize, track: u32, shard: u32, entries: usize, count: u32, tick: u32, nowMs: f64,
): u32 {
  const lane = laneAt(map, track, shard)
  const bytes: u32 = track == L.TRACK_EVENTS ? L.EVENT_BYTES : R.READING_BYTES
  for (let i: u32 = 0; i < count; i++) {
    if (!ensureRoom(map, lane, track, tick, bytes)) return i
    const at = appendEntry(lane, bytes)
    memory.copy(at, entries + <usize>i * bytes, bytes)
    if (track == L.TRACK_EVENTS) store<f64>(at, nowMs, L.EVENT_RECEIVED_MS)
    else store<u16>(at, <u16>stampOf(lane, tick), R.ENTRY_STAMP)
  }
  return count
}

/** What is appended next waits for the first `ahead` entries of the shard's lane of `tier`; false = no block. */
export function requeueFence(map: usize, track: u32, shard: u32, tier: u32, ahead: u32, tick: u32): bool {
  const lane = laneAt(map, track, shard)
  if (!openBlock(map, lane, track, tick)) return false
  const block = <usize>load<u32>(lane, L.LANE_BLOCK)
  const before = laneAt(map, tier + L.TRACK_CRITICAL, shard)
  store<u32>(block, load<u32>(block, L.BLOCK_FENCE_MASK) | (1 << tier), L.BLOCK_FENCE_MASK)
  store<u32>(block + (<usize>tier << 2), load<u32>(before, L.LANE_CONSUMED) + ahead, L.BLOCK_FENCE)
  return true
}
