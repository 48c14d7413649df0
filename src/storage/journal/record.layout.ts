/*
 * A record of the journal: whole frames of one ring, as they lay in shared memory (memory/layout/ring.layout.ts), behind
 * a header. Little endian. Records follow each other without gaps and begin at multiples of 32 bytes.
 *
 *   record header (64 bytes)
 *     0  u32 magic         RECORD_MAGIC
 *     4  u32 crc           CRC-32C of bytes 8 … 63 and the payload, going on from the segment's seed
 *     8  u32 kind          RECORD_FRAMES
 *    12  u32 payloadBytes  multiple of 32
 *    16  f64 sequence      integer; only rises, by 1, over all runs and segments
 *    24  f64 position      of its first frame: bytes committed to the ring since the run began, padding included
 *    32  f64 epochOffsetMs turns the frames' monotonic receive times into milliseconds since 1970
 *    40  f64 writtenMs     when it was written, milliseconds since 1970
 *    48  f64 durable       every record up to this sequence number was on the medium when this one was written
 *    56  u32 run           number of the process start whose ring it was
 *    60  u32 ring
 *    64  payload
 */
export const RECORD_MAGIC = 0x324c4a4d
export const RECORD_FRAMES = 1

export const RECORD_CRC = 4
/** What the sum covers begins here. */
export const RECORD_COVERED = 8
export const RECORD_KIND = 8
export const RECORD_PAYLOAD_BYTES = 12
export const RECORD_SEQUENCE = 16
export const RECORD_POSITION = 24
export const RECORD_EPOCH_OFFSET_MS = 32
export const RECORD_WRITTEN_MS = 40
export const RECORD_DURABLE = 48
export const RECORD_RUN = 56
export const RECORD_RING = 60
export const RECORD_HEADER_BYTES = 64
/** Records begin at, and are as long as, multiples of this. */
export const RECORD_ALIGNMENT = 32
