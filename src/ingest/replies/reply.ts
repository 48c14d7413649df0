import { Status } from '../../core/generated/status.ts'

export { Status }

/** An answer to a frame, before it has a form on the wire (schemas/reply.fbs). */
export interface FrameReply {
  readonly seq: number
  readonly status: Status
  /** '' when all is well. */
  readonly reason: string
  readonly retryAfterMs: number
  /** Indexes of the readings that were not taken; null = not told one by one. */
  readonly refused: readonly number[] | null
  /** Frames the client may have unacknowledged. */
  readonly credit: number
}
