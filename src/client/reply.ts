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
  const table = word(0)
  const vtable = table - view.getInt32(table, true)
  /** Where field `index` is, or 0 if the table hasn't got it. */
  const field = (index: number): number => {
    const slot = 4 + 2 * index
    const offset = slot < view.getUint16(vtable, true) ? view.getUint16(vtable + slot, true) : 0
    return offset && table + offset
  }
  const number = (index: number): number => field(index) && word(field(index))
  /** Where the items of a vector begin, and how many there are. */
  const vector = (index: number): [at: number, count: number] => {
    const at = field(index) && field(index) + number(index)
    return [at + 4, at && word(at)]
  }
  const status = field(1) && view.getUint8(field(1))
  const [reasonAt, reasonBytes] = vector(2)
  const [refusedAt, refusedCount] = vector(4)
  if (
    word(4) !== IDENTIFIER ||
    status > UNAUTHORIZED ||
    Math.max(reasonAt + reasonBytes, refusedAt + refusedCount * 4) > bytes.length
  )
    return
  return {
    seq: number(0),
    status,
    reason: decoder.decode(bytes.subarray(reasonAt, reasonAt + reasonBytes)),
    retryAfterMs: number(3),
    refused: Array.from({ length: refusedCount }, (_, i) => word(refusedAt + 4 * i)),
    credit: number(5),
  }
}
