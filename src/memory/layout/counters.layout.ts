/*
 * Counters: u64 each, one writer per block of counters. They only grow.
 *
 *   router                               worker (256 bytes apart)
 *     0  accepted[4]   by tier             0  processed[4]   by tier
 *    32  refused[4]    by tier            32  events         handled
 *    64  reasons[16]   refused, by reason 40  deadLettered
 *   192  causes[16]    malformed, by cause 48  slices
 *   320  anomalies
 *   328  series
 *   336  frames
 */
export const ROUTER_ACCEPTED = 0
export const ROUTER_REFUSED = 32
export const ROUTER_REASONS = 64
export const ROUTER_CAUSES = 192
export const ROUTER_ANOMALIES = 320
export const ROUTER_SERIES = 328
export const ROUTER_FRAMES = 336
export const ROUTER_COUNTERS_BYTES = 512

export const WORKER_PROCESSED = 0
export const WORKER_EVENTS = 32
export const WORKER_DEAD_LETTERED = 40
export const WORKER_SLICES = 48
export const WORKER_COUNTERS_BYTES = 256

/*
 * Readings by region and tier, written by the router as it routes them, u64 each: the four tiers of region 0, those of
 * region 1, … up to region 255. Their sums over regions are what `accepted` becomes when it is published.
 */
export const REGION_TIERS_SHIFT = 5
export const REGION_COUNTERS_BYTES = 8192

/*
 * Latencies: log-linear counts (as in HdrHistogram: 64 linear steps per octave, so within 1.6 %) of microseconds, u32
 * each, wrapping; the reader takes differences. One set per tier for the router (accepted to routed), then TRACK_COUNT
 * sets per worker (accepted to processed).
 */
export const LATENCY_STEPS = 64
export const LATENCY_STEP_BITS = 6
export const LATENCY_MAX_US = 134217727
export const LATENCY_BUCKETS = 1408
export const LATENCY_SET_BYTES = 5632
