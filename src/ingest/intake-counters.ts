/*
 * What one listener thread counts; one writer, in a Float64Array the engine gives (a view of shared memory, so that
 * other threads read it). Readings unless said otherwise. At the thread's own rest, and in every order of reading:
 * received = committed + sum(refused) + sum(malformed); a reader on another thread takes the sum as received.
 *
 *    0  received       1 frames (messages)   2 committed to the ring     3 bytes
 *    4  connections open                     5 connections opened        6 connections refused
 *    7  replies sent                         8 connections closed because replies were not read
 *   16  refused at the door, by REFUSAL_REASONS
 *   32  malformed at the door, by MALFORMED_CAUSES (a frame that cannot be understood counts 1)
 */
export const INTAKE_RECEIVED = 0
export const INTAKE_FRAMES = 1
export const INTAKE_COMMITTED = 2
export const INTAKE_BYTES = 3
export const INTAKE_CONNECTIONS = 4
export const INTAKE_CONNECTIONS_OPENED = 5
export const INTAKE_CONNECTIONS_REFUSED = 6
export const INTAKE_REPLIES = 7
export const INTAKE_CLOSED_UNREAD = 8
export const INTAKE_REFUSED = 16
export const INTAKE_MALFORMED = 32
/** Words of a counters array. */
export const INTAKE_COUNTERS = 48

export type IntakeCounters = Float64Array
