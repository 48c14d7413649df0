/*
 * Lanes: for each track and shard a first-in-first-out run of blocks. Tracks in order of service: anomaly events,
 * then the readings of the four tiers. A shard's lanes are worked by the one worker that holds the shard's claim.
 *
 *   lane (256 bytes)                                          written by
 *     0  u32 write          address of the next entry          router
 *     4  u32 writeEnd       end of the open block              router
 *     8  u32 closed         entries in closed blocks, ever     router
 *    12  u32 block          the open block                     router
 *    16  u32 base           the open block's first tick        router
 *    20  u32 firstBlock     where reading begins               router (once)
 *    64  u32 published      entries visible to workers         router
 *   128  u32 consumed       entries done                       claim holder
 *   132  u32 applied        entries in the windows             claim holder
 *   136  u32 read           address of the next entry          claim holder
 *   140  u32 readBlock      its block                          claim holder
 *   144  u32 sliceLimit     0 = no failure suspected           claim holder, control plane after a crash
 *
 *   block (16 KiB)                                            written by
 *     0  u32 next           the lane's following block         router
 *     4  u32 end            address behind its last entry      router
 *     8  u32 base           tick that stamps count from        router
 *    16  u32 fenceMask      tiers that must be drained first   router
 *    20  u32 fence[4]       up to this position of their lane  router
 *    64  entries of 32 bytes (readings) or 64 bytes (events)
 *
 * A fence keeps a series in order when its device changes tier: entries of the new lane wait for those of the old.
 *
 *   anomaly event (64 bytes), written by the router
 *     0  u64 series    8  f64 time      16  f64 value     24  f64 score
 *    32  f64 receivedMs  40  f32 mean   44  f32 deviation
 *    48  u32 slot      52  u8 region  53 u8 tier  54 u8 phase    56  i32 lat   60  i32 lon
 */
export const TRACK_EVENTS = 0
export const TRACK_CRITICAL = 1
export const TRACK_COUNT = 5
export const TIER_COUNT = 4

export const LANE_WRITE = 0
export const LANE_WRITE_END = 4
export const LANE_CLOSED = 8
export const LANE_BLOCK = 12
export const LANE_BASE = 16
export const LANE_FIRST_BLOCK = 20
export const LANE_PUBLISHED = 64
export const LANE_CONSUMED = 128
export const LANE_APPLIED = 132
export const LANE_READ = 136
export const LANE_READ_BLOCK = 140
export const LANE_SLICE_LIMIT = 144
export const LANE_BYTES = 256
export const LANE_SHIFT = 8
export const LANES_PER_TRACK_SHIFT = 6
export const LANE_COUNT = 320

export const BLOCK_NEXT = 0
export const BLOCK_END = 4
export const BLOCK_BASE = 8
export const BLOCK_FENCE_MASK = 16
export const BLOCK_FENCE = 20
export const BLOCK_HEADER_BYTES = 64
export const BLOCK_BYTES = 16384

export const EVENT_SERIES = 0
export const EVENT_TIME = 8
export const EVENT_VALUE = 16
export const EVENT_SCORE = 24
export const EVENT_RECEIVED_MS = 32
export const EVENT_MEAN = 40
export const EVENT_DEVIATION = 44
export const EVENT_SLOT = 48
export const EVENT_REGION = 52
export const EVENT_TIER = 53
export const EVENT_PHASE = 54
export const EVENT_LAT = 56
export const EVENT_LON = 60
export const EVENT_BYTES = 64
export const PHASE_RAISED = 1
export const PHASE_CONTINUING = 2
export const PHASE_RECOVERED = 3

/** One claim word per shard, one ready bit per lane (two words per track), each group on lines of its own. */
export const CLAIM_STRIDE = 128
export const READY_STRIDE = 128

/** Blocks coming back from a worker: tail by the worker, head by the router, then one word per block. */
export const FREE_RING_TAIL = 0
export const FREE_RING_HEAD = 128
export const FREE_RING_ENTRIES = 256

export const SLICE_READINGS = 256
/** Readings in a block: a slice doesn't go beyond one. */
export const LONGEST_SLICE = 510
