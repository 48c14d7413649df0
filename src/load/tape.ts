import type { Signal } from './signal.ts'

/**
 * The frames of one connection, encoded once with their WebSocket headers, one behind the other, and sent round and
 * round. Before each sending only what changes is written into them: sequence number, values and, if asked for, time.
 */
export interface Tape {
  readonly bytes: Buffer
  readonly frames: number
  readonly readingsPerFrame: number
  /** Where frame `frame` begins; `startOf(frames)` is the end of the last. */
  startOf(frame: number): number
  /** Writes sequence number (0 = no acknowledgement wanted), new values and the time into a frame. */
  refresh(frame: number, seq: number, timeMs: number, signal: Signal): void
}

/** What a tape is made of: reading `i` comes from device `slots[i]`; frames are runs of `readingsPerFrame` readings. */
export interface TapePlan {
  readonly slots: Uint32Array
  readonly readingsPerFrame: number
  readonly metric: { readonly name: string; readonly id: number }
  /** True: readings carry their intended time; false: the server uses the arrival time. */
  readonly timed: boolean
  /** Whether frames carry sequence numbers. */
  readonly acknowledged: boolean
}
