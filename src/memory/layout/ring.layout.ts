/*
 * Ingest ring: a control block, then 2^n bytes of data. One producer thread; the router consumes, and where readings
 * are to be durable the journal follows it, so that what it writes carries the router's verdict. Cursors count bytes, are
 * 32-bit and wrap; positions count the same bytes and don't.
 *
 *   control (512 bytes)                                     written by
 *     0  u32 writeCursor    end of the last committed frame   producer
 *   128  u32 routeCursor    end of the last routed frame      router
 *   132  u32 refusalCount   frames routed with a refusal      router
 *   136  f64 routePosition  routeCursor, counted from the start of the process  router
 *   256  u32 journalCursor  end of the last durable frame     journal
 *   264  f64 journalPosition journalCursor, counted from the start of the process  journal
 *
 *   frame (32-byte aligned, never torn across the end)      written by
 *     0  u32 frameBytes     whole frame, multiple of 32       producer
 *     4  u32 readingCount   PADDING = skip to the start       producer
 *     8  u32 readingOffset  first reading, from frame start   producer
 *    12  u32 source         connection number                 producer
 *    16  f64 receivedMs     monotonic                         producer
 *    24  u32 seq            0 = no acknowledgement wanted     producer
 *    28  u32 outcome        reason << 24 | readings marked    router (producer writes 0)
 *    32  message bytes as received; its first 8 bytes never hold readings
 *
 * A frame without readings and with a readingOffset below the header's length is a note: that is its NOTE_ kind, and its
 * message is a u32 length, four bytes unused, and as many bytes of text. The router passes it; it is there for its place
 * among the frames, in the ring and in the journal.
 *
 * Readings that were not taken (refused or malformed) are marked in a bitmap: in the message's first word when there
 * are at most 32 readings, else in words behind the message. The producer clears it, the router sets bits.
 */
export const RING_WRITE_CURSOR = 0
export const RING_ROUTE_CURSOR = 128
export const RING_REFUSAL_COUNT = 132
export const RING_ROUTE_POSITION = 136
export const RING_JOURNAL_CURSOR = 256
export const RING_JOURNAL_POSITION = 264
export const RING_CONTROL_BYTES = 512

export const FRAME_BYTES = 0
export const FRAME_READING_COUNT = 4
export const FRAME_READING_OFFSET = 8
export const FRAME_SOURCE = 12
export const FRAME_RECEIVED_MS = 16
export const FRAME_SEQ = 24
export const FRAME_OUTCOME = 28
export const FRAME_HEADER_BYTES = 32
export const FRAME_ALIGNMENT = 32
/** In a note's message. */
export const NOTE_LENGTH = 0
export const NOTE_TEXT = 8
/** `source` (without its flags) is the client whose name is the message, in UTF-8. */
export const NOTE_CLIENT = 1
/** The message is a change of the registry, as JSON. */
export const NOTE_REGISTRY = 2
/** The message is the id of an alert that has been told to the outside, and how: JSON. */
export const NOTE_TOLD = 3
/** The message is what people or time have done to alerts: JSON. */
export const NOTE_ALERT = 4
/** Added to the reason when every marked reading is malformed: the rest is then an index into MALFORMED_CAUSES. */
export const OUTCOME_MALFORMED = 0x80
/** In readingCount: no frame here, go on at the start of the data. */
export const FRAME_PADDING = 0x7fffffff
/** Up to this many readings the refusal bitmap lies in the message's first word. */
export const FRAME_INLINE_REFUSALS = 32
/** Of the message, at its start, that never hold readings. */
export const FRAME_REFUSALS_BYTES = 8
