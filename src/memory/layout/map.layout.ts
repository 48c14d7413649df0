/*
 * The memory map: addresses of the segments and the numbers that kernels need, written once at start by the main
 * thread (parameters may be rewritten there later). Kernels get its address and nothing else about where things are.
 */
export const MAP_LANES = 0
export const MAP_CLAIMS = 4
export const MAP_READY = 8
export const MAP_FREE_STACK = 12
export const MAP_FREE_RINGS = 16
export const MAP_FREE_RING_STRIDE = 20
export const MAP_FREE_RING_MASK = 24
export const MAP_WORKERS = 28
export const MAP_SERIES = 32
export const MAP_WINDOWS = 36
export const MAP_SLOT_MASK = 40
export const MAP_SHARD_BYTES = 44
/** 64 − SHARD_BITS − log2 of the slots per shard: brings a device's hash down to a slot of the whole table. */
export const MAP_HASH_SHIFT = 92
export const MAP_SERIES_LIMIT = 48
export const MAP_DEVICES = 52
export const MAP_DEVICE_MASK = 56
export const MAP_EPOCHS = 60
export const MAP_METRICS = 64
export const MAP_REGIONS = 68
export const MAP_GAINS = 72
export const MAP_ROUTER_COUNTERS = 76
export const MAP_QUARANTINE = 80
export const MAP_RATES = 84
export const MAP_RATE_MASK = 88
export const MAP_WORKER_COUNTERS = 168
export const MAP_LATENCIES = 96
/** Free blocks that must stay when a track takes one: u32 per track. */
export const MAP_RESERVES = 100
export const MAP_WARMUP = 120
export const MAP_CLEAR_AFTER = 124
export const MAP_DEFAULT_TIER = 128
/** 1 = readings of unregistered devices are refused. */
export const MAP_KNOWN_ONLY = 132
/** Readings a device may send per second, 0 = unlimited. */
export const MAP_DEVICE_RATE = 136
export const MAP_SMOOTHING = 144
export const MAP_CLEAR_RATIO = 152
export const MAP_TIME_AHEAD_MS = 160
/** Tiers refused, from the lowest on, because the journal cannot keep their readings: written by the journal. */
export const MAP_TIERS_SHED = 140
/** One of so many readings of bulk is taken, 0 = all: written by the main thread while it has to do without. */
export const MAP_BULK_KEEP = 172
/** While it has to do without, written by the main thread: entries of a slice, 0 = SLICE_READINGS. */
export const MAP_SLICE_READINGS = 176
/** Readings that pipelines are shown together and how long they may wait for that; 0 = they aren't held back. */
export const MAP_BATCH_READINGS = 180
export const MAP_BATCH_DELAY_MS = 184
/** A bit for each tier whose readings are. */
export const MAP_BATCH_TIERS = 188
/** 1 = windows give no results before their end. */
export const MAP_EARLY_OFF = 192
export const MAP_REGION_COUNTERS = 196
export const MAP_BYTES = 256

/** Gains of the bias-corrected average while a series is young; the last one is its limit. */
export const GAIN_COUNT = 256

/*
 * Metric (16 bytes, indexed by metric id), written by the main thread:
 *   0 f32 threshold   4 f32 minDeviation   8 u8 direction (DIRECTION_HIGH | DIRECTION_LOW)   9 u8 known
 */
export const METRIC_THRESHOLD = 0
export const METRIC_MIN_DEVIATION = 4
export const METRIC_DIRECTION = 8
export const METRIC_KNOWN = 9
export const METRIC_BYTES = 16
export const METRIC_SHIFT = 4
export const METRIC_COUNT = 65536
export const DIRECTION_HIGH = 1
export const DIRECTION_LOW = 2

/*
 * Device (16 bytes, open addressing by id), written by the main thread, which writes the id last. A removed
 * device keeps its place with DEVICE_KNOWN cleared. After a change the shard's epoch is raised, and the router looks again.
 *   0 u64 id   8 u8 tier   9 u8 region   10 u8 flags
 */
export const DEVICE_ID = 0
export const DEVICE_TIER = 8
export const DEVICE_REGION = 9
export const DEVICE_FLAGS = 10
export const DEVICE_BYTES = 16
export const DEVICE_SHIFT = 4
export const DEVICE_KNOWN = 1

/*
 * Device rates (16 bytes each, only when limited), written by the router:
 *   0 u64 device   8 u32 second   12 u32 count
 */
export const RATE_DEVICE = 0
export const RATE_SECOND = 8
export const RATE_COUNT = 12
export const RATE_BYTES = 16
export const RATE_PROBES = 16

/*
 * Quarantine of readings: u32 written (ever), then QUARANTINE_ENTRIES of 64 bytes, written by the router:
 *   0 u32 cause   4 u32 source   8 f64 receivedMs   16 reading (32 bytes)   48 u32 control block of its ring
 */
export const QUARANTINE_WRITTEN = 0
export const QUARANTINE_FIRST = 64
export const QUARANTINE_ENTRIES = 256
export const QUARANTINE_ENTRY_BYTES = 64
export const QUARANTINE_CAUSE = 0
export const QUARANTINE_SOURCE = 4
export const QUARANTINE_RECEIVED_MS = 8
export const QUARANTINE_READING = 16
export const QUARANTINE_CONTROL = 48
export const QUARANTINE_BYTES = 16448
