// Is a reading one that can be believed? Causes are indexes into MALFORMED_CAUSES (src/core/refusal.ts).

import * as R from '../src/memory/layout/reading.layout'
import { easting, northing } from './geohash'

const CAUSE_DEVICE: u32 = 1
const CAUSE_VALUE: u32 = 2
const CAUSE_POSITION: u32 = 3
const CAUSE_TIME: u32 = 4
const CAUSE_FUTURE: u32 = 5

const EXPONENT: u64 = 0x7ff0000000000000
const ABSENT: u64 = 0x8000000080000000

/**
 * Of a device, and sound in value and time, that is finite and not after `latest`? The bits of doubles from 0 up are in the order
 * of the doubles; negative numbers, infinity and NaN lie above them, and 0 goes above by the subtraction.
 */
@inline
export function isSound(reading: usize, latest: f64): bool {
  const value = load<u64>(reading, R.READING_VALUE)
  const time = load<u64>(reading, R.READING_TIME)
  const sound = u32((value & EXPONENT) != EXPONENT) & u32(time - 1 < reinterpret<u64>(latest))
  return <bool>(sound & u32(load<u64>(reading, R.READING_SERIES) > 0xffff)) // a free row's key is 0: it must not be found
}

/** The event time is left to the engine: arrival time. */
@inline
export function isTimeAbsent(reading: usize): bool {
  const time = load<f64>(reading, R.READING_TIME)
  return time == 0 || time != time
}

@inline
export function isPositionAbsent(reading: usize): bool {
  return load<u64>(reading, R.READING_LAT) == ABSENT
}

@inline
export function isInRange(north: u32, east: u32): bool {
  return <bool>(u32(north <= 2 * <u32>R.MAX_LAT) & u32(east <= 2 * <u32>R.MAX_LON))
}

/** The reading's first fault, or 0. */
export function faultOf(reading: usize, time: f64, latest: f64): u32 {
  const value = load<f64>(reading, R.READING_VALUE)
  if (load<u64>(reading) >> 16 == 0) return CAUSE_DEVICE
  if (value - value != 0) return CAUSE_VALUE
  if (!isPositionAbsent(reading)) {
    const inRange = isInRange(northing(load<i32>(reading, R.READING_LAT)), easting(load<i32>(reading, R.READING_LON)))
    if (!inRange) return CAUSE_POSITION
  }
  if (time < 0 || time == Infinity) return CAUSE_TIME
  return time > latest ? CAUSE_FUTURE : 0
}
