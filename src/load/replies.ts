/** What a server answers to a frame. */
export interface Reply {
  readonly seq: number
  readonly status: ReplyStatus
  readonly reason: string
  /** 0 = not given. */
  readonly retryAfterMs: number
  /** Number of readings refused; 0 with status `refused` = the whole frame. */
  readonly refusedReadings: number
  /** Frames that may be unacknowledged; 0 = not given. */
  readonly credit: number
}

const STATUSES = ['accepted', 'refused', 'malformed', 'unauthorized'] as const

type ReplyStatus = (typeof STATUSES)[number]

/** Reads a FlatBuffers `Reply` in any valid layout; null if it is none. */
export function binaryReply(bytes: Buffer): Reply | null {
  try {
    if (bytes.toString('latin1', 4, 8) !== 'MRR1') return null
    return replyAt(bytes, bytes.readUInt32LE(0))
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function replyAt(bytes: Buffer, table: number): Reply | null {
  const vtable = table - bytes.readInt32LE(table)
  const vtableBytes = bytes.readUInt16LE(vtable)
  /** Address of field `index`, or 0 if the table hasn't got it. */
  const field = (index: number): number => {
    const slot = 4 + 2 * index
    const offset = slot + 2 <= vtableBytes ? bytes.readUInt16LE(vtable + slot) : 0
    return offset === 0 ? 0 : table + offset
  }
  const number = (index: number): number => (field(index) === 0 ? 0 : bytes.readUInt32LE(field(index)))
  const vector = (index: number): number =>
    field(index) === 0 ? 0 : field(index) + bytes.readUInt32LE(field(index))
  const status = STATUSES[field(1) === 0 ? 0 : bytes.readUInt8(field(1))]
  if (status === undefined) return null
  return {
    seq: number(0),
    status,
    reason: stringAt(bytes, vector(2)),
    retryAfterMs: number(3),
    refusedReadings: vector(4) === 0 ? 0 : bytes.readUInt32LE(vector(4)),
    credit: number(5),
  }
}

function stringAt(bytes: Buffer, at: number): string {
  if (at === 0) return ''
  const length = bytes.readUInt32LE(at)
  if (at + 4 + length > bytes.length) throw new RangeError('string past the end')
  return bytes.toString('utf8', at + 4, at + 4 + length)
}

/** Reads a JSON reply; null if it is none. */
export function jsonReply(bytes: Buffer): Reply | null {
  const parsed = parse(bytes)
  if (typeof parsed !== 'object' || parsed === null) return null
  const { seq, status, reason, retry_after_ms: retry, refused, credit } = parsed as Record<string, unknown>
  const known = typeof status === 'number' ? STATUSES[status] : STATUSES.find((one) => one === status)
  if (known === undefined) return null
  const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
  return {
    seq: number(seq),
    status: known,
    reason: typeof reason === 'string' ? reason : '',
    retryAfterMs: number(retry),
    refusedReadings: Array.isArray(refused) ? refused.length : 0,
    credit: number(credit),
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown
  } catch {
    return null
  }
}
