/*
 * Columns (26 KiB per worker): the readings of a slice, as pipelines see them; row i of each column is reading i. As many rows
 * as a block of a lane has readings; it is well that they are no power of two: columns then don't meet in the same cache sets.
 *
 *       0  f64 device[510]   48-bit id
 *    4080  f64 time[510]     ms since epoch
 *    8160  f64 value[510]
 *   12240  f64 lat[510]      degrees, NaN = not given
 *   16320  f64 lon[510]
 *   20400  f64 score[510]    standard deviations from the running mean
 *   24480  u16 metric[510]
 *   25500  u8  region[510]
 *   26010  u8  tier[510]
 */
export const COLUMN_DEVICE = 0
export const COLUMN_TIME = 4080
export const COLUMN_VALUE = 8160
export const COLUMN_LAT = 12240
export const COLUMN_LON = 16320
export const COLUMN_SCORE = 20400
export const COLUMN_METRIC = 24480
export const COLUMN_REGION = 25500
export const COLUMN_TIER = 26010
export const COLUMNS_BYTES = 26624
export const COLUMN_ROWS = 510
