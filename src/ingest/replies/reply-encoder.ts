import { Builder } from 'flatbuffers'
import { Reply } from '../../core/generated/reply.ts'
import { Status, type FrameReply } from './reply.ts'

const INITIAL_BYTES = 1024

/** Replies on the wire. The bytes of `binary` are valid until its next call. */
export class ReplyEncoder {
  readonly #builder = new Builder(INITIAL_BYTES)

  binary(reply: FrameReply): Uint8Array {
    const builder = this.#builder
    builder.clear()
    const reason = reply.reason === '' ? 0 : builder.createString(reply.reason)
    const refused = reply.refused === null ? 0 : Reply.createRefusedVector(builder, reply.refused as number[])
    Reply.startReply(builder)
    Reply.addSeq(builder, reply.seq)
    Reply.addStatus(builder, reply.status)
    if (reason !== 0) Reply.addReason(builder, reason)
    Reply.addRetryAfterMs(builder, reply.retryAfterMs)
    if (refused !== 0) Reply.addRefused(builder, refused)
    Reply.addCredit(builder, reply.credit)
    Reply.finishReplyBuffer(builder, Reply.endReply(builder))
    return builder.asUint8Array()
  }

  /** The same members as JSON; `reason`, `retry_after_ms` and `refused` only where they say something. */
  text(reply: FrameReply): string {
    const { seq, reason, retryAfterMs, refused, credit } = reply
    const status = Status[reply.status]
    if (reason === '') return `{"seq":${seq},"status":"${status}","credit":${credit}}`
    return JSON.stringify({
      seq,
      status,
      reason,
      retry_after_ms: retryAfterMs,
      ...(refused !== null && { refused }),
      credit,
    })
  }
}
