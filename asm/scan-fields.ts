// Fields of a reading in a line of text: names become numbers, and the whole is put.

import * as S from '../src/history/scan/scan.layout'
import { nameAt } from './scan-names'
import { putReading, stop } from './scan-rows'

/** What a line has said so far. */
@unmanaged
export class Said {
  device: i32
  metric: i32
  region: i32
  tier: i32
}

@inline
export function beginLine(desk: usize, said: Said): void {
  said.device = load<i32>(desk, S.DESK_FIXED_DEVICE)
  said.metric = load<i32>(desk, S.DESK_FIXED_METRIC)
  said.region = S.NO_REGION
  said.tier = S.NO_TIER
  for (let i: usize = 0; i < 4; i++) store<f64>(desk + (i << 3), NaN, S.DESK_ROW)
}

/** A field that is text; false = the desk says why not. */
export function takeText(desk: usize, said: Said, field: i32, from: usize, to: usize): bool {
  if (field == S.FIELD_DEVICE) {
    const name = knownName(desk, S.DESK_DEVICES, S.STOP_DEVICE, from, to)
    if (name < 0) return false
    store<i32>(desk, name + 1, S.DESK_DEVICES + S.TABLE_GUESS)
    said.device = load<i32>(<usize>load<u32>(desk, S.DESK_DEVICES + S.TABLE_NUMBERS) + (<usize>name << 2))
    return true
  }
  if (field == S.FIELD_METRIC) {
    said.metric = knownName(desk, S.DESK_METRICS, S.STOP_METRIC, from, to)
    if (said.metric < 0) return false
    store<i32>(desk, said.metric, S.DESK_METRICS + S.TABLE_GUESS)
    return said.metric < S.MAX_METRICS || stop(desk, S.STOP_LINE) != 0
  }
  if (field == S.FIELD_REGION) {
    if (from == to) return true
    said.region = knownName(desk, S.DESK_REGIONS, S.STOP_REGION, from, to)
    if (said.region < 0) return false
    store<i32>(desk, said.region, S.DESK_REGIONS + S.TABLE_GUESS)
    return said.region < S.NO_REGION || stop(desk, S.STOP_LINE) != 0
  }
  said.tier = nameAt(desk + S.DESK_TIERS, from, to, load<i32>(desk, S.DESK_TIERS + S.TABLE_GUESS))
  if (said.tier < 0) return stop(desk, S.STOP_LINE) != 0
  store<i32>(desk, said.tier, S.DESK_TIERS + S.TABLE_GUESS)
  return true
}

/** The number of a name; below 0 the desk says which is new, or that the line is to be looked at. */
function knownName(desk: usize, table: usize, reason: u32, from: usize, to: usize): i32 {
  if (to == from || to - from > <usize>S.MAX_NAME_BYTES) {
    stop(desk, S.STOP_LINE)
    return S.NONE
  }
  const name = nameAt(desk + table, from, to, load<i32>(desk + table, S.TABLE_GUESS))
  if (name >= 0) return name
  store<u32>(desk, <u32>from, S.DESK_NAME_FROM)
  store<u32>(desk, <u32>to, S.DESK_NAME_TO)
  stop(desk, reason)
  return S.NONE
}

/** Puts what the line has said; false = it said too little, or something wrong: it is read again, which tells what. */
export function takeLine(desk: usize, said: Said): bool {
  const value = load<f64>(desk, S.DESK_ROW)
  const time = load<f64>(desk, S.DESK_ROW + 8)
  const isWhole = said.device >= 0 && said.metric >= 0 && value == value && time == time
  if (!isWhole || abs(load<f64>(desk, S.DESK_ROW + 16)) > 90 || abs(load<f64>(desk, S.DESK_ROW + 24)) > 180)
    return stop(desk, S.STOP_LINE) != 0
  return putReading(desk, said.device, said.metric, said.region, said.tier) || stop(desk, S.STOP_LINE) != 0
}
