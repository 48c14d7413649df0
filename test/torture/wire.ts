/** Readings as messages, and answers read. Written apart from the engine and its client library, on purpose. */
import { ByteBuffer } from 'flatbuffers'
import { Reply } from '../../src/core/generated/reply.ts'
import { seriesKey } from '../../src/core/ids.ts'
import { frame } from '../ingest/frames.ts'
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

export const binaryFrame = (seq: number, readings: readonly SentReading[]): Uint8Array =>
  frame(
    seq,
    readings.map(({ series, index, value, poison }) => ({
      series: seriesKey(series.deviceId, 1),
      time: timeOf(index),
      value,
      ...(poison === 0 ? {} : { lat: poison, lon: 0 }),
    })),
  )

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
