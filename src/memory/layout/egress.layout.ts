/*
 * Egress ring: what a worker hands to the I/O side. One per worker; messages of any length, never torn.
 *
 *   control (256 bytes)                                      written by
 *     0  u32 tail   end of the last message                   worker
 *   128  u32 head   end of the last message read              main
 *
 *   message (8-byte aligned): u32 bytes (header included), u32 kind (EGRESS_*), u32 ticket, u32 0, payload
 *
 * Tickets number the messages of all workers, so that what two of them say of one shard, one after the other, is
 * heard in that order.
 */
export const EGRESS_TAIL = 0
export const EGRESS_HEAD = 128
export const EGRESS_CONTROL_BYTES = 256
export const EGRESS_DATA_BYTES = 262144
export const EGRESS_TICKET = 8
export const EGRESS_HEADER_BYTES = 16

/** Skip to the start of the data. */
export const EGRESS_PADDING = 0
/** An anomaly event (64 bytes), as it lay in its lane. */
export const EGRESS_ANOMALY = 1
/** JSON: an alert or its end, from user code. */
export const EGRESS_ALERT = 2
/** JSON: `{ topic, data }` from user code. */
export const EGRESS_EMIT = 3
/** JSON: a reading that was given up, with its cause. */
export const EGRESS_DEAD_LETTER = 4
/** JSON: a StreamMessage. */
export const EGRESS_STREAM = 5
