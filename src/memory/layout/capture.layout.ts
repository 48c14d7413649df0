/*
 * Capture: the workbench of the checkpoint, which copies one shard at a time. While it copies, router and workers go
 * on; the holder of the shard's claim logs the slots whose windows it changes, and these are copied again.
 *
 *   capture (64 bytes), then the areas that it names            written by
 *     0  u32 log         a bit per slot: changed                claim holder (sets), checkpoint (clears)
 *     4  u32 present     a bit per slot: copied                 checkpoint
 *     8  u32 hashes      u64 per chunk of CHUNK_SLOTS           checkpoint
 *    12  u32 table       chunk and rows, for each packed chunk  checkpoint
 *    16  u32 rows        of the series table                    checkpoint
 *    20  u32 windows                                            checkpoint
 *    24  u32 chunks      of a shard                             main (once)
 *    28  u32 series      rows present when last packed          checkpoint
 *    32  u32 packed      rows packed                            checkpoint
 *
 * Beside a shard's claim word lies the address of the log, or 0 when nobody copies the shard.
 */
export const CAPTURE_LOG = 0
export const CAPTURE_PRESENT = 4
export const CAPTURE_HASHES = 8
export const CAPTURE_TABLE = 12
export const CAPTURE_ROWS = 16
export const CAPTURE_WINDOWS = 20
export const CAPTURE_CHUNKS = 24
export const CAPTURE_SERIES = 28
export const CAPTURE_PACKED = 32
export const CAPTURE_BYTES = 64

/** As many as a word has bits. */
export const CHUNK_SLOTS = 64
/** In the table: u32 chunk, u32 rows. */
export const CHUNK_ENTRY_BYTES = 8

/** The claim of a shard by the checkpoint: a holder's number that no worker has. */
export const CLAIMED_FOR_CAPTURE = 0x7fffffff
export const CLAIM_LOG = 4
