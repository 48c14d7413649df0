/** What the two ends of an ingest ring promise. The bytes are drawn in layout/ring.layout.ts. */

/** A frame that has been routed, seen by the producer before its room is used again. */
export interface SettledFrame {
  readonly source: number
  /** 0 = no acknowledgement wanted. */
  readonly seq: number
  readonly readingCount: number
  readonly refusedCount: number
  /** Index into REFUSAL_REASONS, or OUTCOME_MALFORMED + index into MALFORMED_CAUSES; 0 when all were taken. */
  readonly reason: number
  /** Indexes of the refused readings; read before the visitor returns. */
  refusedIndexes(): number[]
}

/** The producer's half; used by one thread only. */
export interface FrameProducer {
  /**
   * Claims room for a message of `messageBytes` with up to `maxReadings` readings; returns the address where the
   * message begins, or 0 when there is no room now. A claim that is not committed costs nothing.
   */
  claim(messageBytes: number, maxReadings: number): number
  /** Hands the claimed message over: `readingCount` readings begin `readingOffset` bytes after its start. */
  commit(readingOffset: number, readingCount: number, source: number, seq: number, receivedMs: number): void
  /** Commits a frame without readings (NOTE_ kinds in layout/ring.layout.ts); false when there is no room now. */
  note(kind: number, source: number, message: Uint8Array, receivedMs: number): boolean
  /** Shows every routed (and, with a journal, durable) frame that wants an answer (seq ≠ 0, or something was refused), oldest first, once. */
  settle(visit: (frame: SettledFrame) => void): void
  /**
   * How far the ring may be filled, in bytes; at most and at first its capacity. A longer frame than this still finds
   * room when nothing else is in the ring.
   */
  fillLimitBytes: number
  /** Bytes committed and not yet routed. */
  readonly heldBytes: number
  readonly capacityBytes: number
}
