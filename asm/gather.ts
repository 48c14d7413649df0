// A slice's entries as columns, for pipelines. Series rows lie anywhere in memory; each loop over them has no other
// work in it, so that the waits overlap.

import * as G from '../src/memory/layout/columns.layout'
import * as L from '../src/memory/layout/lanes.layout'
import * as M from '../src/memory/layout/map.layout'
import * as R from '../src/memory/layout/reading.layout'
import * as S from '../src/memory/layout/series.layout'

/** Writes `count` (at most 256) entries of a lane from `entry` on to the columns at `to`. */
export function gatherColumns(map: usize, lane: usize, entry: usize, count: u32, to: usize): void {
  const index = <u32>(lane - <usize>load<u32>(map, M.MAP_LANES)) >> L.LANE_SHIFT
  const shard = index & (S.SHARD_COUNT - 1)
  const tier = (index >> L.LANES_PER_TRACK_SHIFT) - L.TRACK_CRITICAL
  const rows = <usize>load<u32>(map, M.MAP_SERIES) + <usize>shard * <usize>load<u32>(map, M.MAP_SHARD_BYTES)
  for (let i: u32 = 0; i < count; i++) gatherSeries(rows, entry + (<usize>i << 5), to, i)
  for (let i: u32 = 0; i < count; i++) gatherReading(entry + (<usize>i << 5), to, i)
  memory.fill(to + G.COLUMN_TIER, <u8>tier, count)
}

@inline
function gatherSeries(rows: usize, entry: usize, to: usize, i: u32): void {
  const slot = <usize>(load<u32>(entry, R.ENTRY_SLOT) & R.ENTRY_SLOT_MASK)
  const key = load<u64>(rows + (slot << S.ROW_SHIFT), S.ROW_KEY)
  store<f64>(to + (<usize>i << 3), <f64>(key >> 16), G.COLUMN_DEVICE)
  store<u16>(to + (<usize>i << 1), <u16>key, G.COLUMN_METRIC)
}

@inline
function gatherReading(entry: usize, to: usize, i: u32): void {
  const at = to + (<usize>i << 3)
  store<f64>(at, load<f64>(entry, R.READING_TIME), G.COLUMN_TIME)
  store<f64>(at, load<f64>(entry, R.READING_VALUE), G.COLUMN_VALUE)
  const lat = load<i32>(entry, R.READING_LAT)
  const isAbsent = lat == R.POSITION_ABSENT
  store<f64>(at, isAbsent ? NaN : <f64>lat * 1e-7, G.COLUMN_LAT)
  store<f64>(at, isAbsent ? NaN : <f64>load<i32>(entry, R.READING_LON) * 1e-7, G.COLUMN_LON)
  store<f64>(at, <f64>load<i16>(entry, R.ENTRY_SCORE) * (1.0 / R.SCORE_SCALE), G.COLUMN_SCORE)
  store<u8>(to + i, <u8>(load<u32>(entry, R.ENTRY_SLOT) >> R.ENTRY_REGION_SHIFT), G.COLUMN_REGION)
}
