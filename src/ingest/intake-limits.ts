/** The limits an intake keeps; the engine's limits have these names. */
export interface IntakeLimits {
  /** Longest message. */
  readonly frameBytes: number
  /** Longest wait for room in a full ring before a frame is refused; 0 = refuse at once. */
  readonly ringWaitMs: number
  /** Frames a client may have unacknowledged. */
  readonly framesInFlight: number
}
