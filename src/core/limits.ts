import { assert } from './errors.ts'
import { TIERS } from './tiers.ts'

/**
 * Limits that nobody configures: they are built into layouts, kernels and the protocol. The configurable ones
 * are in the configuration's `limits`; `millrace config --explain` prints both. The relations at the end hold
 * at start, or the process doesn't start.
 */
const KIB = 1024
const GIB = KIB * KIB * KIB

/** One reading in shared memory and on the wire. */
export const READING_BYTES = 32
/** One anomaly event in a critical lane. */
export const ANOMALY_EVENT_BYTES = 64
/** Fixed shares of the device-id space: the unit of order and of state. */
export const SHARDS = 64
/** One per tier and shard, and one per shard for its anomaly events. */
export const LANES = (TIERS.length + 1) * SHARDS
/** What a lane grows by. */
export const BLOCK_BYTES = 16 * KIB
/** What a worker does at most before it looks whether critical work waits. */
export const SLICE_READINGS = 256
/** Longest frames that a ring has room for at least, so that one is never too long for what padding leaves. */
export const RING_FRAMES = 4
/** Metric ids, 0 included; 0 is not a metric. */
export const METRIC_IDS = 65_536
/** Region numbers are a byte; 0 is "no region" and 255 is kept free. */
export const MAX_REGIONS = 254
/** Characters of a geohash prefix that the route kernel looks at: 15 of its 16 bits. */
export const MAX_GEOHASH_CHARACTERS = 3
/** Threads that share one port. */
export const MAX_LISTENERS = 16
/**
 * A lane has one worker at a time, and a shard is worked on in one place: more workers find nothing to do.
 */
export const MAX_WORKERS = 64
/** Frames that are not understood before their connection is closed with 1007. */
export const MAX_MALFORMED_FRAMES = 16
/** Names, in UTF-16 units. */
export const MAX_DEVICE_NAME = 256
export const MAX_METRIC_NAME = 128
export const MAX_TENANT_NAME = 128
export const MAX_REGION_NAME = 128
/** What is said of a device besides its properties. */
export const MAX_ATTRIBUTES = 64
export const MAX_ATTRIBUTE_NAME = 128
export const MAX_ATTRIBUTE_TEXT = 1024
/** What WebAssembly can address with 32 bits. */
export const MAX_SHARED_BYTES = 4 * GIB

/** A limit as it is shown to people. */
export interface FixedLimit {
  readonly name: string
  readonly value: number
  readonly meaning: string
}

export const FIXED_LIMITS: readonly FixedLimit[] = [
  { name: 'shards', value: SHARDS, meaning: 'shares of the device-id space' },
  { name: 'lanes', value: LANES, meaning: 'one per tier and shard, one per shard for anomaly events' },
  { name: 'blockBytes', value: BLOCK_BYTES, meaning: 'what a lane grows by' },
  { name: 'sliceReadings', value: SLICE_READINGS, meaning: 'readings between two looks for critical work' },
  { name: 'metricIds', value: METRIC_IDS, meaning: 'ids a metric can have' },
  { name: 'regions', value: MAX_REGIONS, meaning: 'regions at most' },
  { name: 'listeners', value: MAX_LISTENERS, meaning: 'listener threads at most' },
  { name: 'workers', value: MAX_WORKERS, meaning: 'worker threads at most' },
  {
    name: 'malformedFrames',
    value: MAX_MALFORMED_FRAMES,
    meaning: 'not understood frames before a connection is closed',
  },
  { name: 'deviceName', value: MAX_DEVICE_NAME, meaning: 'characters of the name of a device at most' },
  { name: 'sharedBytes', value: MAX_SHARED_BYTES, meaning: 'shared memory at most' },
]

/** Whether `value` is 1, 2, 4, 8, … */
export const isPowerOfTwo = (value: number): boolean => value >= 1 && Number.isInteger(Math.log2(value))

assert(isPowerOfTwo(SHARDS), 'a shard is found by masking bits of the device id')
assert(isPowerOfTwo(BLOCK_BYTES), 'blocks are found by shifting')
assert(SLICE_READINGS * READING_BYTES <= BLOCK_BYTES, 'a block holds a slice')
assert(READING_BYTES % 8 === 0 && ANOMALY_EVENT_BYTES % 8 === 0, 'their 64-bit fields stay aligned')
assert(METRIC_IDS === 2 ** 16, 'a metric id is the low 16 bits of a series key')
assert(MAX_REGIONS < 255, 'a region number fits in a byte beside 0 and 255')
assert(5 * MAX_GEOHASH_CHARACTERS <= 16, 'a geohash prefix fits in the 16 bits the kernel computes')
assert(MAX_WORKERS <= SHARDS, 'every worker can hold a lane of its own')
