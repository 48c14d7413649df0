/*
 * A segment of the journal: a file of fixed length, filled with zeros (or an earlier segment's records) before it is
 * used. Little endian.
 *
 *   name    <sequence of its first record>-<number>-<run>.segment, decimal, 16, 8 and 6 digits: a listing is in order
 *   seed    CRC-32C of those three as f64: what was written under another name never has a sum that fits
 *
 *     0  u32 magic         SEGMENT_MAGIC
 *     4  u32 crc           CRC-32C of bytes 8 … 63, going on from the seed
 *     8  u32 version       SEGMENT_VERSION
 *    12  u32 run           number of the process start that wrote it
 *    16  f64 firstSequence
 *    24  f64 number        of the segment, only rises
 *    32  f64 createdMs     milliseconds since 1970
 *    40  f64 segmentBytes  length of the file
 *    48  zeros
 *   512  records
 *
 * The header is written when the first records are on the medium. From then on, what an older segment holds from
 * firstSequence on is void: it was never made safe there, or has been written again here.
 */
export const SEGMENT_MAGIC = 0x53324a4d
export const SEGMENT_VERSION = 1

export const SEGMENT_CRC = 4
/** What the sum covers begins here, and ends at SEGMENT_COVERED_END. */
export const SEGMENT_COVERED = 8
export const SEGMENT_FORMAT = 8
export const SEGMENT_RUN = 12
export const SEGMENT_FIRST_SEQUENCE = 16
export const SEGMENT_NUMBER = 24
export const SEGMENT_CREATED_MS = 32
export const SEGMENT_FILE_BYTES = 40
export const SEGMENT_COVERED_END = 64
export const SEGMENT_HEADER_BYTES = 512
