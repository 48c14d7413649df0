/** Readings as messages, and answers read. Written apart from the engine and its client library, on purpose. */
import { Builder, ByteBuffer } from 'flatbuffers'
import { Frame } from '../../src/core/generated/frame.ts'
import { Reading } from '../../src/core/generated/reading.ts'
import { Reply } from '../../src/core/generated/reply.ts'
import { seriesKey } from '../../src/core/ids.ts'
import { type SentReading, timeOf } from './series-account.ts'

export interface Answer {
  readonly seq: number
  readonly status: 'accepted' | 'refused' | 'malformed' | 'unauthorized'
  readonly reason: string
  readonly retryAfterMs: number
  /** Empty: all readings of the frame. */
  readonly refused: readonly number[]
}

const STATUSES = ['accepted', 'refused', 'malformed', 'unauthorized'] as const

const NO_POSITION = -2147483648
const FIELDS = 3

/** With `filling` bytes besides in a field that the engine doesn't know, and so has to carry along. */
export function binaryFrame(seq: number, readings: readonly SentReading[], filling = 0): Uint8Array {
  const builder = new Builder(128 + filling + readings.length * 32)
  const filler = filling === 0 ? 0 : builder.createByteVector(new Uint8Array(filling).fill(seq))
  Frame.startReadingsVector(builder, readings.length)
  for (const { series, index, value, poison } of [...readings].reverse()) {
    const position = poison === 0 ? [NO_POSITION, NO_POSITION] : [poison, 0]
    const key = seriesKey(series.deviceId, 1)
    Reading.createReading(builder, key, timeOf(index), value, position[0], position[1])
  }
  const vector = builder.endVector()
  builder.startObject(FIELDS)
  builder.addFieldInt32(0, seq, 0)
  builder.addFieldOffset(1, vector, 0)
  if (filler !== 0) builder.addFieldOffset(2, filler, 0)
  Frame.finishFrameBuffer(builder, builder.endObject())
  return builder.asUint8Array().slice()
}

export const textFrame = (seq: number, readings: readonly SentReading[]): string =>
  JSON.stringify({
    seq,
    readings: readings.map(({ series, index, value, poison }) => ({
      ...{ device: series.device, metric: series.metric, value, time: timeOf(index) },
      ...(poison === 0 ? {} : { lat: poison * 1e-7, lon: 0 }),
    })),
  })

export function readAnswer(data: Buffer, isBinary: boolean): Answer {
  if (!isBinary) {
    const text = JSON.parse(data.toString()) as Partial<Answer> & { retry_after_ms?: number }
    const {
      seq = 0,
      status = 'malformed',
      reason = '',
      retry_after_ms: retryAfterMs = 0,
      refused = [],
    } = text
    return { seq, status, reason, retryAfterMs, refused }
  }
  const reply = Reply.getRootAsReply(new ByteBuffer(new Uint8Array(data)))
  return {
    seq: reply.seq(),
    status: STATUSES[reply.status()],
    reason: reply.reason() ?? '',
    retryAfterMs: reply.retryAfterMs(),
    refused: [...(reply.refusedArray() ?? [])],
  }
}
