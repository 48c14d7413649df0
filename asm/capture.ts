// A shard's copy for the checkpoint, taken while router and workers go on: first everything, then again what has changed
// meanwhile, at last a few rows while nobody may change any. See docs/decisions/durability.md.

import * as K from '../src/memory/layout/capture.layout'
import * as L from '../src/memory/layout/lanes.layout'
import * as M from '../src/memory/layout/map.layout'
import * as R from '../src/memory/layout/reading.layout'
import * as S from '../src/memory/layout/series.layout'
import { laneAt } from './lane-writer'

const MIX: u64 = 0x9fb21c651e98df25

/** Notes the entries' slots as changed. Atomic, because a worker that was late may still note those of another shard. */
export function logSlots(log: usize, entry: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const slot = load<u32>(entry, R.ENTRY_SLOT) & R.ENTRY_SLOT_MASK
    atomic.or<u64>(log + (<usize>(slot >> 6) << 3), <u64>1 << (slot & 63))
    entry += R.READING_BYTES
  }
}

/** Notes readings waiting in the lane, from position `from` on to what is visible; returns the position behind them. */
export function logWaiting(map: usize, capture: usize, track: u32, shard: u32, from: u32): u32 {
  const lane = laneAt(map, track, shard)
  const log = <usize>load<u32>(capture, K.CAPTURE_LOG)
  const published = atomic.load<u32>(lane, L.LANE_PUBLISHED) // pairs with publishLane
  let position = load<u32>(lane, L.LANE_CONSUMED)
  if (position == published) return published
  let block = <usize>load<u32>(lane, L.LANE_READ_BLOCK)
  let entry = <usize>load<u32>(lane, L.LANE_READ)
  if (block == 0) {
    block = <usize>load<u32>(lane, L.LANE_FIRST_BLOCK)
    entry = block + L.BLOCK_HEADER_BYTES
  }
  while (true) {
    const inBlock = (load<u32>(block, L.BLOCK_END) - <u32>entry) >> 5
    const count = min<u32>(inBlock, published - position)
    const known = <u32>min<i32>(max<i32>(<i32>(from - position), 0), <i32>count)
    logSlots(log, entry + (<usize>known << 5), count - known)
    position += count
    if (position == published) return published
    block = <usize>load<u32>(block, L.BLOCK_NEXT)
    entry = block + L.BLOCK_HEADER_BYTES
  }
}

/** Copies the shard's taken rows and their windows. */
export function copyShard(map: usize, capture: usize, shard: u32): void {
  const offset = <usize>shard * <usize>load<u32>(map, M.MAP_SHARD_BYTES)
  const rows = <usize>load<u32>(map, M.MAP_SERIES) + offset
  const windows = <usize>load<u32>(map, M.MAP_WINDOWS) + offset
  const chunks = load<u32>(capture, K.CAPTURE_CHUNKS)
  const size = min<u32>(load<u32>(map, M.MAP_SLOT_MASK) + 1, K.CHUNK_SLOTS)
  const present = <usize>load<u32>(capture, K.CAPTURE_PRESENT)
  for (let chunk: u32 = 0; chunk < chunks; chunk++) {
    const first = chunk * K.CHUNK_SLOTS
    let bits: u64 = 0
    for (let i: u32 = 0; i < size; i++) {
      if (copySlot(capture, rows, windows, first + i)) bits |= <u64>1 << i
    }
    store<u64>(present + (<usize>chunk << 3), bits)
  }
}

/** Copies what has been noted as changed, `limit` rows or a few more; returns how many. */
export function copyLogged(map: usize, capture: usize, shard: u32, limit: u32): u32 {
  const offset = <usize>shard * <usize>load<u32>(map, M.MAP_SHARD_BYTES)
  const rows = <usize>load<u32>(map, M.MAP_SERIES) + offset
  const windows = <usize>load<u32>(map, M.MAP_WINDOWS) + offset
  const chunks = load<u32>(capture, K.CAPTURE_CHUNKS)
  const log = <usize>load<u32>(capture, K.CAPTURE_LOG)
  const present = <usize>load<u32>(capture, K.CAPTURE_PRESENT)
  let copied: u32 = 0
  for (let chunk: u32 = 0; chunk < chunks && copied < limit; chunk++) {
    const at = <usize>chunk << 3
    if (load<u64>(log + at) == 0) continue
    let bits = atomic.xchg<u64>(log + at, 0)
    while (bits != 0) {
      const bit = <u32>ctz<u64>(bits)
      bits &= bits - 1
      if (!copySlot(capture, rows, windows, chunk * K.CHUNK_SLOTS + bit)) continue
      store<u64>(present + at, load<u64>(present + at) | (<u64>1 << bit))
      copied++
    }
  }
  return copied
}

/** False when the slot is free. */
@inline
function copySlot(capture: usize, rows: usize, windows: usize, slot: u32): bool {
  const offset = <usize>slot << S.ROW_SHIFT
  if (atomic.load<u64>(rows + offset, S.ROW_KEY) == 0) return false // pairs with takeRow
  copyLine(<usize>load<u32>(capture, K.CAPTURE_ROWS) + offset, rows + offset)
  copyLine(<usize>load<u32>(capture, K.CAPTURE_WINDOWS) + offset, windows + offset)
  return true
}

@inline
function copyLine(to: usize, from: usize): void {
  v128.store(to, v128.load(from))
  v128.store(to, v128.load(from, 16), 16)
  v128.store(to, v128.load(from, 32), 32)
  v128.store(to, v128.load(from, 48), 48)
}

/**
 * Brings the copied rows together, chunk by chunk, and lists the chunks in the table; returns how many. Without `all`
 * only chunks whose hash is not the given one. The hashes become those of what was copied.
 */
export function packChunks(capture: usize, all: u32): u32 {
  const chunks = load<u32>(capture, K.CAPTURE_CHUNKS)
  const rows = <usize>load<u32>(capture, K.CAPTURE_ROWS)
  const windows = <usize>load<u32>(capture, K.CAPTURE_WINDOWS)
  const table = <usize>load<u32>(capture, K.CAPTURE_TABLE)
  let packed: u32 = 0
  let series: u32 = 0
  let entries: u32 = 0
  for (let chunk: u32 = 0; chunk < chunks; chunk++) {
    const present = load<u64>(<usize>load<u32>(capture, K.CAPTURE_PRESENT) + (<usize>chunk << 3))
    if (present == 0) continue
    const count = <u32>popcnt<u64>(present)
    series += count
    if (!isChanged(capture, chunk, present) && all == 0) continue
    packRows(rows, chunk, present, packed)
    packRows(windows, chunk, present, packed)
    store<u32>(table + entries * K.CHUNK_ENTRY_BYTES, chunk)
    store<u32>(table + entries * K.CHUNK_ENTRY_BYTES, count, 4)
    packed += count
    entries++
  }
  store<u32>(capture, series, K.CAPTURE_SERIES)
  store<u32>(capture, packed, K.CAPTURE_PACKED)
  return entries
}

/** Takes note of the chunk's hash. */
function isChanged(capture: usize, chunk: u32, present: u64): bool {
  const at = <usize>load<u32>(capture, K.CAPTURE_HASHES) + (<usize>chunk << 3)
  const before = load<u64>(at)
  let hash = present
  for (let bits = present; bits != 0; bits &= bits - 1) {
    const slot = chunk * K.CHUNK_SLOTS + <u32>ctz<u64>(bits)
    const offset = <usize>slot << S.ROW_SHIFT
    hash = hashLine(hash, <usize>load<u32>(capture, K.CAPTURE_ROWS) + offset)
    hash = hashLine(hash, <usize>load<u32>(capture, K.CAPTURE_WINDOWS) + offset)
  }
  store<u64>(at, hash)
  return hash != before
}

/** Each step is one to one, so that two lines that differ in one word never hash alike. */
@inline
function hashLine(hash: u64, line: usize): u64 {
  for (let i: usize = 0; i < 64; i += 8) {
    hash = (hash ^ load<u64>(line + i)) * MIX
    hash ^= hash >> 29
  }
  return hash
}

/** Rows only ever move down, so none is overwritten before it is moved. */
function packRows(area: usize, chunk: u32, present: u64, packed: u32): void {
  let to = area + (<usize>packed << S.ROW_SHIFT)
  for (let bits = present; bits != 0; bits &= bits - 1) {
    const from = area + (<usize>(chunk * K.CHUNK_SLOTS + <u32>ctz<u64>(bits)) << S.ROW_SHIFT)
    if (to != from) copyLine(to, from)
    to += S.ROW_BYTES
  }
}
