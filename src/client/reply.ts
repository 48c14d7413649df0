import { viewOf } from './frame-encoder.ts'

/** What a server answers to a frame (schemas/reply.fbs). */
export interface Reply {
  /** 0 = the server could not read it. */
  readonly seq: number
  readonly status: ReplyStatus
  readonly reason: string
  /** 0 = not given. */
  readonly retryAfterMs: number
  /** Indexes of the readings that were not taken; null = not told one by one. */
  readonly refused: readonly number[] | null
  /** Frames that may be unacknowledged; 0 = not given. */
  readonly credit: number
}

export type ReplyStatus = (typeof STATUSES)[number]

const STATUSES = ['accepted', 'refused', 'malformed', 'unauthorized'] as const
const IDENTIFIER = 0x3152524d // 'MRR1', little endian
const decoder = new TextDecoder()

/** Reads a FlatBuffers `Reply` in any valid layout; null if it is none. */
export function replyOf(bytes: Uint8Array): Reply | null {
  const view = viewOf(bytes)
  try {
    return view.getUint32(4, true) === IDENTIFIER ? replyAt(bytes, view, view.getUint32(0, true)) : null
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function replyAt(bytes: Uint8Array, view: DataView, table: number): Reply | null {
  const vtable = table - view.getInt32(table, true)
  const vtableBytes = view.getUint16(vtable, true)
  /** Where field `index` is, or 0 if the table hasn't got it. */
  const field = (index: number): number => {
    const slot = 4 + 2 * index
    const offset = slot + 2 <= vtableBytes ? view.getUint16(vtable + slot, true) : 0
    return offset && table + offset
  }
  const number = (index: number): number => field(index) && view.getUint32(field(index), true)
  const vector = (index: number): number => field(index) && field(index) + number(index)
  const status = STATUSES[field(1) && view.getUint8(field(1))]
  if (status === undefined) return null
  const refused = vector(4)
  return {
    seq: number(0),
    status,
    reason: textAt(bytes, view, vector(2)),
    retryAfterMs: number(3),
    refused: refused === 0 ? null : wordsAt(view, refused),
    credit: number(5),
  }
}

function textAt(bytes: Uint8Array, view: DataView, at: number): string {
  if (at === 0) return ''
  const end = at + 4 + view.getUint32(at, true)
  if (end > bytes.length) throw new RangeError()
  return decoder.decode(bytes.subarray(at + 4, end))
}

function wordsAt(view: DataView, at: number): number[] {
  const count = view.getUint32(at, true)
  // before room is made for them
  if (at + 4 + 4 * count > view.byteLength) throw new RangeError()
  return Array.from({ length: count }, (_, i) => view.getUint32(at + 4 + 4 * i, true))
}
