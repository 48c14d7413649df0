/**
 * Numbers of the protocol and of this client. They are in a file that imports nothing, so that bundlers put them where
 * they are used.
 */

/** How far a frame's number may be ahead of the oldest one: servers recognise repeats among the last 256. */
export const SEQ_SPAN = 255
/** Numbers above are left for frames of refused readings, which must find one at any time. */
export const LAST_FRESH_SEQ = 0xffff_0000
export const MAX_FRAME_READINGS = 32_000

/** 'MRR1', little endian: what a reply begins with. */
export const REPLY_IDENTIFIER = 0x3152524d
/** Statuses of replies; besides, 0 = accepted and 1 = refused. */
export const MALFORMED = 2
export const UNAUTHORIZED = 3

/** Codes with which connections end. */
export const DONE = 1000
export const BROKEN = 1006
export const NOT_UNDERSTOOD = 1007
export const TOO_LONG = 1009

export const SWEEP_MS = 1000
export const HOUR_MS = 3_600_000
export const BUFFER_BYTES = 2 ** 26
