import { viewOf } from './frame-encoder.ts'

/** What a server answers to a frame (schemas/reply.fbs). */
export interface Reply {
  /** 0 = the server could not read it. */
  readonly seq: number
  readonly status: number
  readonly reason: string
  /** 0 = not given. */
  readonly retryAfterMs: number
  /** Indexes of the readings that were not taken; none = not told one by one. */
  readonly refused: readonly number[]
  /** Frames that may be unacknowledged; 0 = not given. */
  readonly credit: number
}

/** Statuses; besides, 0 = accepted and 1 = refused. */
export const MALFORMED = 2
export const UNAUTHORIZED = 3
const IDENTIFIER = 0x3152524d // 'MRR1', little endian
const decoder = new TextDecoder()

/** Reads a FlatBuffers `Reply` in any valid layout; throws a RangeError if it is none. */
export function replyOf(bytes: Uint8Array): Reply {
  const view = viewOf(bytes)
  const wordAt = (at: number): number => view.getUint32(at, true)
  const table = wordAt(0)
  const vtable = table - view.getInt32(table, true)
  /** Where field `index` is, or 0 if the table hasn't got it. */
  const field = (index: number): number => {
    const slot = 4 + 2 * index
    const offset = slot < view.getUint16(vtable, true) ? view.getUint16(vtable + slot, true) : 0
    return offset && table + offset
  }
  const number = (index: number): number => field(index) && wordAt(field(index))
  /** The items of a vector as bytes; none if the table hasn't got it. */
  const vector = (index: number, itemBytes: number): Uint8Array => {
    const at = field(index) && field(index) + number(index)
    const end = at && at + 4 + wordAt(at) * itemBytes
    if (end > bytes.length) throw new RangeError()
    return bytes.subarray(at && at + 4, end)
  }
  const status = field(1) && view.getUint8(field(1))
  if (wordAt(4) !== IDENTIFIER || status > UNAUTHORIZED) throw new RangeError()
  const refused = vector(4, 4)
  return {
    seq: number(0),
    status,
    reason: decoder.decode(vector(2, 1)),
    retryAfterMs: number(3),
    refused: Array.from({ length: refused.length / 4 }, (_, i) => viewOf(refused).getUint32(4 * i, true)),
    credit: number(5),
  }
}
