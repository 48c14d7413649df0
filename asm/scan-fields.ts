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

/** The table of a field's names. */
@inline
export function tableOf(desk: usize, field: i32): usize {
  if (field == S.FIELD_DEVICE) return desk + S.DESK_DEVICES
  if (field == S.FIELD_METRIC) return desk + S.DESK_METRICS
  return desk + (field == S.FIELD_REGION ? S.DESK_REGIONS : S.DESK_TIERS)
}

/** A field that is text; false = the desk says why not. */
export function takeText(desk: usize, said: Said, field: i32, from: usize, to: usize): bool {
  if (field == S.FIELD_REGION && from == to) return true
  const name = knownName(desk, field, from, to)
  if (name < 0) return false
  takeName(desk, said, field, name)
  return true
}

/** A field that is text, as the number of its name; what is likely next time follows. */
@inline
export function takeName(desk: usize, said: Said, field: i32, name: i32): void {
  const table = tableOf(desk, field)
  if (field == S.FIELD_DEVICE) {
    store<i32>(table, name + 1, S.TABLE_GUESS)
    said.device = load<i32>(<usize>load<u32>(table, S.TABLE_NUMBERS) + (<usize>name << 2)) & S.NUMBER_MASK
    return
  }
  store<i32>(table, name, S.TABLE_GUESS)
  if (field == S.FIELD_METRIC) said.metric = name
  else if (field == S.FIELD_REGION) said.region = name
  else said.tier = name
}

/** The number of a name; below 0 the desk says which is new, or that the line is to be looked at. */
function knownName(desk: usize, field: i32, from: usize, to: usize): i32 {
  if (to == from || to - from > <usize>S.MAX_NAME_BYTES) return refused(desk, S.STOP_LINE)
  const table = tableOf(desk, field)
  const name = nameAt(table, from, to, load<i32>(table, S.TABLE_GUESS))
  if (name < 0) {
    store<u32>(desk, <u32>from, S.DESK_NAME_FROM)
    store<u32>(desk, <u32>to, S.DESK_NAME_TO)
    return refused(desk, reasonOf(field))
  }
  const isTooMany = field == S.FIELD_METRIC ? name >= S.MAX_METRICS : field == S.FIELD_REGION && name >= S.NO_REGION
  return isTooMany ? refused(desk, S.STOP_LINE) : name
}

function reasonOf(field: i32): u32 {
  if (field == S.FIELD_DEVICE) return S.STOP_DEVICE
  if (field == S.FIELD_METRIC) return S.STOP_METRIC
  return field == S.FIELD_REGION ? S.STOP_REGION : S.STOP_LINE
}

@inline
function refused(desk: usize, reason: u32): i32 {
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
