/*
 * What the kernel that puts rows in the order in which they are shown is told (asm/shown-rows.ts): u32 words at a record's address,
 * most of them addresses of arrays in the thread's own memory.
 */
/** Blocks of rows (share-blocks.ts), one behind the other, how many, and u32 by block: its rows. */
export const SHOWN_BLOCKS = 0
export const SHOWN_COUNT = 4
export const SHOWN_ROWS = 8
/** By the reading thread's numbers, the run's: f64, u16, u8. */
export const SHOWN_DEVICE_IDS = 12
export const SHOWN_METRIC_IDS = 16
export const SHOWN_REGION_IDS = 20
/** By device of the reading thread: u32 the round in which it was met last, u16 as which one. */
export const SHOWN_MET = 24
export const SHOWN_LOCAL_OF = 28
export const SHOWN_ROUND = 32
/** u16 by row in the order of the input: its device, counted in the order of first appearance; its place. */
export const SHOWN_LOCALS = 36
export const SHOWN_PLACES = 40
/** u16 by such a device: its rows; then where its next one goes. */
export const SHOWN_NEXT = 44
/** Columns: f64 device, time, value, u16 metric, u8 region, tier. */
export const SHOWN_DEVICE = 48
export const SHOWN_TIME = 52
export const SHOWN_VALUE = 56
export const SHOWN_METRIC = 60
export const SHOWN_REGION = 64
export const SHOWN_TIER = 68
export const SHOWN_BYTES = 72

/** Of a block, and of a row in it. */
export const SHOWN_BLOCK_BYTES = 10304
export const SHOWN_ROW_BYTES = 24
