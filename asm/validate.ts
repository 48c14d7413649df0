// Is a reading one that can be believed? Causes are indexes into MALFORMED_CAUSES (src/core/refusal.ts).

import * as R from '../src/memory/layout/reading.layout'

export const CAUSE_DEVICE: u32 = 1
export const CAUSE_VALUE: u32 = 2
export const CAUSE_POSITION: u32 = 3
export const CAUSE_TIME: u32 = 4
export const CAUSE_FUTURE: u32 = 5

/** Event time: as given, or arrival time when it is 0 or NaN. */
@inline
export function eventTime(reading: usize, arrival: f64): f64 {
  const time = load<f64>(reading, R.READING_TIME)
  return time == 0 || time != time ? arrival : time
}

@inline
export function isGivenPosition(reading: usize): bool {
  return load<i32>(reading, R.READING_LAT) != R.POSITION_ABSENT
}

/** 0 when the reading is sound, else its first fault. */
@inline
export function faultOf(reading: usize, time: f64, latest: f64): u32 {
  const value = load<f64>(reading, R.READING_VALUE)
  const position = load<u64>(reading, R.READING_LAT)
  const sound =
    value - value == 0 &&
    time >= 0 &&
    time <= latest &&
    load<u64>(reading) >> 16 != 0 &&
    (position == 0x8000000080000000 || isInRange(reading))
  return sound ? 0 : firstFault(reading, value, time)
}

@inline
function isInRange(reading: usize): bool {
  const lat = <u32>(load<i32>(reading, R.READING_LAT) + R.MAX_LAT)
  const lon = <u32>load<i32>(reading, R.READING_LON) + <u32>R.MAX_LON
  return lat <= 2 * <u32>R.MAX_LAT && lon <= 2 * <u32>R.MAX_LON
}

function firstFault(reading: usize, value: f64, time: f64): u32 {
  if (load<u64>(reading) >> 16 == 0) return CAUSE_DEVICE
  if (value - value != 0) return CAUSE_VALUE
  if (load<u64>(reading, R.READING_LAT) != 0x8000000080000000 && !isInRange(reading)) return CAUSE_POSITION
  return time < 0 || time == Infinity ? CAUSE_TIME : CAUSE_FUTURE
}
