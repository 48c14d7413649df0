// The built-in pipeline: per series the exact count since it was first seen and the current minute's count, sum, min,
// max and last value. Rows of 32 entries are touched before they are worked on.

import * as K from '../src/memory/layout/capture.layout'
import * as L from '../src/memory/layout/lanes.layout'
import * as M from '../src/memory/layout/map.layout'
import * as R from '../src/memory/layout/reading.layout'
import * as S from '../src/memory/layout/series.layout'
import { logSlots } from './capture'

const GROUP: u32 = 32

/** Takes `count` readings into the windows of their shard. */
export function applyWindows(map: usize, shard: u32, entry: usize, count: u32): void {
  const rows = <usize>load<u32>(map, M.MAP_WINDOWS) + <usize>shard * <usize>load<u32>(map, M.MAP_SHARD_BYTES)
  const claim = <usize>load<u32>(map, M.MAP_CLAIMS) + <usize>shard * L.CLAIM_STRIDE
  const log = <usize>load<u32>(claim, K.CLAIM_LOG)
  if (log != 0) logSlots(log, entry, count) // the shard is being copied
  let left = count
  while (left != 0) {
    const size = min<u32>(left, GROUP)
    // by a store: on a page's first use that takes one fault, a load and a store two
    for (let i: u32 = 0; i < size; i++) store<u8>(windowRow(rows, entry + (<usize>i << 5)), 0, S.WINDOW_TOUCHED)
    for (let i: u32 = 0; i < size; i++) applyReading(rows, entry + (<usize>i << 5))
    entry += <usize>size << 5
    left -= size
  }
}

@inline
function windowRow(rows: usize, entry: usize): usize {
  return rows + (<usize>(load<u32>(entry, R.ENTRY_SLOT) & R.ENTRY_SLOT_MASK) << S.ROW_SHIFT)
}

@inline
function applyReading(rows: usize, entry: usize): void {
  const row = windowRow(rows, entry)
  const time = load<f64>(entry, R.READING_TIME)
  const value = load<f64>(entry, R.READING_VALUE)
  const total = load<f64>(row, S.WINDOW_TOTAL)
  const start = load<f64>(row, S.WINDOW_START)
  store<f64>(row, total + 1, S.WINDOW_TOTAL)
  if (time >= start + S.WINDOW_MS || total == 0) startMinute(row, time, value)
  else if (time >= start) {
    store<f64>(row, load<f64>(row, S.WINDOW_SUM) + value, S.WINDOW_SUM)
    store<f64>(row, min<f64>(load<f64>(row, S.WINDOW_MIN), value), S.WINDOW_MIN)
    store<f64>(row, max<f64>(load<f64>(row, S.WINDOW_MAX), value), S.WINDOW_MAX)
    store<u32>(row, load<u32>(row, S.WINDOW_COUNT) + 1, S.WINDOW_COUNT)
  }
  if (time >= load<f64>(row, S.WINDOW_LAST_TIME) || total == 0) {
    store<f64>(row, value, S.WINDOW_LAST)
    store<f64>(row, time, S.WINDOW_LAST_TIME)
  }
}

function startMinute(row: usize, time: f64, value: f64): void {
  store<f64>(row, Math.floor(time / S.WINDOW_MS) * S.WINDOW_MS, S.WINDOW_START)
  store<f64>(row, value, S.WINDOW_SUM)
  store<f64>(row, value, S.WINDOW_MIN)
  store<f64>(row, value, S.WINDOW_MAX)
  store<u32>(row, 1, S.WINDOW_COUNT)
}
