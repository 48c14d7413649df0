import { viewOf } from './frame-encoder.ts'
import { REPLY_IDENTIFIER, UNAUTHORIZED } from './limits.ts'

/** What a server answers to a frame: the fields of schemas/reply.fbs in their order. */
export type Reply = readonly [
  /** 0 = the server could not read it. */
  seq: number,
  status: number,
  reason: string,
  /** 0 = not given. */
  retryAfterMs: number,
  /** Indexes of the readings that were not taken; none = not told one by one. */
  refused: readonly number[],
  /** Frames that may be unacknowledged; 0 = not given. */
  credit: number,
]

const decoder = new TextDecoder()

/** Reads a FlatBuffers `Reply` in any valid layout; undefined if it is none. */
export function replyOf(bytes: Uint8Array): Reply | undefined {
  try {
    return read(bytes)
  } catch {
    // an offset that leads out of it
  }
}

function read(bytes: Uint8Array): Reply | undefined {
  const view = viewOf(bytes)
  const word = (at: number): number => view.getUint32(at, true)
  const short = (at: number): number => view.getUint16(at, true)
  const table = word(0)
  const vtable = table - view.getInt32(table, true)
  // where the vtable has the place of each; 0 = the table hasn't got it
  const [seq, status, reason, retryAfterMs, refused, credit] = [4, 6, 8, 10, 12, 14].map((slot): number => {
    const offset = slot < short(vtable) ? short(vtable + slot) : 0
    return offset && table + offset
  })
  /** Where the items of a vector begin, and how many there are. */
  const vector = (at: number): [at: number, count: number] => {
    const start = at && at + word(at)
    return [start + 4, start && word(start)]
  }
  const number = (at: number): number => at && word(at)
  const kind = status && view.getUint8(status)
  const [reasonAt, reasonBytes] = vector(reason)
  const reasonEnd = reasonAt + reasonBytes
  const [refusedAt, refusedCount] = vector(refused)
  const isReply = word(4) === REPLY_IDENTIFIER && kind <= UNAUTHORIZED
  if (!isReply || Math.max(reasonEnd, refusedAt + refusedCount * 4) > bytes.length) return
  return [
    number(seq),
    kind,
    decoder.decode(bytes.subarray(reasonAt, reasonEnd)),
    number(retryAfterMs),
    Array.from({ length: refusedCount }, (_, i) => word(refusedAt + 4 * i)),
    number(credit),
  ]
}
