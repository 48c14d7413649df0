/*
 * Series: one open-addressing table of rows per shard, and beside it a window row for every slot.
 *
 *   row (64 bytes)                                            written by
 *     0  u64 key            deviceId << 16 | metricId; 0 = free  router (once)
 *     8  f64 mean           exponentially weighted            router
 *    16  f64 variance                                         router
 *    24  u32 count          readings scored, saturates         router
 *    28  u32 epoch          of the registry when last looked up  router
 *    32  u8  tier           of the device                      router
 *    33  u8  laneTier       of the lane its last reading went to  router
 *    34  u8  home           region when a reading has no position  router
 *    35  u8  flags          ROW_ABNORMAL | ROW_UNSETTLED         router
 *    36  u8  touched        always 0; written to bring the row near  router
 *    37  u8  region         of the last reading                router
 *    40  u32 slot           of this row within the shard      router (once)
 *    44  u32 lane           index of its device's lane        router
 *    48  u32 calm           readings back to normal in a row  router
 *
 *   window row (64 bytes)                                     written by
 *     0  f64 total          readings since first seen          worker that holds the shard
 *     8  f64 start          of the minute, ms since epoch      "
 *    16  f64 sum            within the minute                  "
 *    24  f64 min                                               "
 *    32  f64 max                                               "
 *    40  f64 last           value with the latest event time   "
 *    48  f64 lastTime                                          "
 *    56  u32 count          within the minute                  "
 *    60  u8  touched        always 0; written to bring the row near  "
 */
export const ROW_KEY = 0
export const ROW_MEAN = 8
export const ROW_VARIANCE = 16
export const ROW_COUNT = 24
export const ROW_EPOCH = 28
export const ROW_TIER = 32
export const ROW_LANE_TIER = 33
export const ROW_HOME = 34
export const ROW_FLAGS = 35
export const ROW_TOUCHED = 36
export const ROW_REGION = 37
export const ROW_SLOT = 40
export const ROW_LANE = 44
export const ROW_CALM = 48
export const ROW_BYTES = 64
export const ROW_SHIFT = 6

/** An alert of the series is open. */
export const ROW_ABNORMAL = 1
/** The device has been looked up again, and no reading has gone to its tier's lane since. */
export const ROW_UNSETTLED = 2

export const WINDOW_TOTAL = 0
export const WINDOW_START = 8
export const WINDOW_SUM = 16
export const WINDOW_MIN = 24
export const WINDOW_MAX = 32
export const WINDOW_LAST = 40
export const WINDOW_LAST_TIME = 48
export const WINDOW_COUNT = 56
export const WINDOW_TOUCHED = 60
export const WINDOW_ROW_BYTES = 64
export const WINDOW_MS = 60000

export const SHARD_COUNT = 64
export const SHARD_BITS = 6
/** Slots that a lookup looks at before it gives up: far beyond any run at the allowed load. */
export const MAX_PROBES = 4096
