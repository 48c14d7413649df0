/*
 * Columns (16 KiB per worker): the readings of a slice, as pipelines see them; row i of each column is reading i.
 *
 *       0  f64 device[256]   48-bit id
 *    2048  f64 time[256]     ms since epoch
 *    4096  f64 value[256]
 *    6144  f64 lat[256]      degrees, NaN = not given
 *    8192  f64 lon[256]
 *   10240  f64 score[256]    standard deviations from the running mean
 *   12288  u16 metric[256]
 *   12800  u8  region[256]
 *   13056  u8  tier[256]
 *   13312  u32 slot[256]       of the series within the shard
 */
export const COLUMN_DEVICE = 0
export const COLUMN_TIME = 2048
export const COLUMN_VALUE = 4096
export const COLUMN_LAT = 6144
export const COLUMN_LON = 8192
export const COLUMN_SCORE = 10240
export const COLUMN_METRIC = 12288
export const COLUMN_REGION = 12800
export const COLUMN_TIER = 13056
export const COLUMN_SLOT = 13312
export const COLUMNS_BYTES = 16384
export const COLUMN_ROWS = 256
