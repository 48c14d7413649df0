/*
 * A reading as it travels: on the wire, in a frame, and (with its first 8 bytes exchanged) in a lane.
 *
 *    0  u64 series   deviceId << 16 | metricId
 *    8  f64 time     ms since epoch, event time; 0 or NaN = arrival time
 *   16  f64 value
 *   24  i32 lat      1e-7 degree; POSITION_ABSENT = not given
 *   28  i32 lon      1e-7 degree
 *
 * In a lane the series is known by its slot, so its 8 bytes carry what routing found:
 *
 *    0  u32 slot     series slot within the shard (24 bits) | region << 24
 *    4  u16 stamp    receive tick after the block's base; a tick is TICK_MS of the monotonic clock
 *    6  i16 score    standard deviations from the running mean, in 1/SCORE_SCALE, saturated
 */
export const READING_SERIES = 0
export const READING_TIME = 8
export const READING_VALUE = 16
export const READING_LAT = 24
export const READING_LON = 28
export const READING_BYTES = 32
export const POSITION_ABSENT = -2147483648
export const MAX_LAT = 900000000
export const MAX_LON = 1800000000

export const ENTRY_SLOT = 0
export const ENTRY_STAMP = 4
export const ENTRY_SCORE = 6
export const ENTRY_SLOT_MASK = 0xffffff
export const ENTRY_REGION_SHIFT = 24
export const TICKS_PER_MS = 20
export const MAX_STAMP = 65535
export const SCORE_SCALE = 256
export const MAX_SCORE = 32767
