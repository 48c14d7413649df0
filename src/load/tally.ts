import { Latency } from './latency.ts'
import type { Reply } from './replies.ts'

/** What all connections of a run have done, counted as it happens. */
export class Tally {
  readonly latency = new Latency()
  /** Well-formed frames and the readings in them, and all bytes with WebSocket headers. */
  frames = 0
  readings = 0
  bytes = 0
  malformedFrames = 0
  malformedReplies = 0
  acceptedFrames = 0
  refusedFrames = 0
  partlyRefusedFrames = 0
  refusedReadings = 0
  /** Readings that the client library doesn't try to deliver any more. */
  givenUpReadings = 0
  unauthorized = 0
  /** Messages from the server that are no replies. */
  unreadableReplies = 0
  /** Acknowledgements wanted and still missing when a connection closed or the run ended. */
  unanswered = 0
  connectionsOpened = 0
  connectionsClosed = 0
  connectionsFailed = 0
  readonly refusedByReason = new Map<string, number>()
  readonly closeCodes = new Map<number, number>()

  accepted(latencyMs: number): void {
    this.acceptedFrames++
    this.latency.record(latencyMs)
  }

  refused(reply: Pick<Reply, 'reason' | 'refusedReadings'>, readingsPerFrame: number): void {
    const readings = reply.refusedReadings || readingsPerFrame
    if (reply.refusedReadings === 0) this.refusedFrames++
    else this.partlyRefusedFrames++
    this.refusedReadings += readings
    const reason = reply.reason || 'no reason given'
    this.refusedByReason.set(reason, (this.refusedByReason.get(reason) ?? 0) + readings)
  }

  closed(code: number): void {
    this.connectionsClosed++
    this.closeCodes.set(code, (this.closeCodes.get(code) ?? 0) + 1)
  }
}
