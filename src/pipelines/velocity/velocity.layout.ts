/*
 * Which devices of a pipeline are fast, and the readings of these that wait to be shown together; written by whoever holds
 * the shard's claim.
 *
 *   head (64 bytes)                          shard (30,784 bytes), SHARDS times
 *     0  i64 moves to fast                     0  u32 readings held        4  u32 most to show at once (0 = all)
 *     8  i64 moves to slow                     8  f64 held since           16  f64 the earliest one's time
 *    16  i64 batches shown                    24  f64 last look at paces
 *    24  i64 readings shown in them           64  f64 device[256]       2112  u32 count[256]     3136  u32 flags[256]
 *                                             32  u32 1 = some are of devices that are not fast
 *                                           4160  columns (columns.layout.ts)
 */
import { COLUMNS_BYTES } from '../../memory/layout/columns.layout.ts'

export const HEAD_BYTES = 64
export const HELD_COUNT = 0
export const HELD_LIMIT = 4
export const HELD_SINCE = 8
export const HELD_EARLIEST = 16
export const PACES_LOOKED = 24
export const HELD_SLOW = 32
export const PACES = 64
export const PACE_SLOTS = 256
export const PACE_COUNTS = PACES + 8 * PACE_SLOTS
export const PACE_FLAGS = PACE_COUNTS + 4 * PACE_SLOTS
export const COLUMNS = PACE_FLAGS + 4 * PACE_SLOTS
export const SHARD_BYTES = COLUMNS + COLUMNS_BYTES

export const MOVES_TO_FAST = 0
export const MOVES_TO_SLOW = 1
export const BATCHES = 2
export const BATCHED = 3
