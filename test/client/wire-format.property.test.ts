import * as fc from 'fast-check'
import { Builder, ByteBuffer } from 'flatbuffers'
import { describe, expect, it } from 'vitest'
import { frameOf, putReading, readingsOf, someOf, viewOf } from '../../src/client/frame-encoder.ts'
import { newCourse } from '../../src/client/frame.ts'
import { replyOf } from '../../src/client/reply.ts'
import { Frame } from '../../src/core/generated/frame.ts'
import { Reply } from '../../src/core/generated/reply.ts'

const NO_POSITION = -0x8000_0000

const readings = fc.array(
  fc.record({
    deviceId: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
    metricId: fc.integer({ min: 1, max: 0xffff }),
    value: fc.double({ noNaN: true }),
    time: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    position: fc.option(
      fc
        .record({ lat: fc.double({ min: -90, max: 90 }), lon: fc.double({ min: -180, max: 180 }) })
        .filter(({ lat, lon }) => lat === lat && lon === lon),
    ),
  }),
  { maxLength: 40 },
)
const replies = fc.record({
  seq: fc.integer({ min: 0, max: 0xffff_ffff }),
  status: fc.integer({ min: 0, max: 3 }),
  reason: fc.string({ unit: 'grapheme' }),
  retryAfterMs: fc.integer({ min: 0, max: 0xffff_ffff }),
  refused: fc.array(fc.integer({ min: 0, max: 0xffff_ffff })),
  credit: fc.integer({ min: 0, max: 0xffff_ffff }),
})

type Generated<Of> = Of extends fc.Arbitrary<infer Value> ? Value : never

function bytesOf(list: Generated<typeof readings>): Uint8Array {
  const bytes = new Uint8Array(list.length * 32)
  list.forEach(({ deviceId, metricId, value, time, position }, i) =>
    putReading(
      viewOf(bytes),
      i * 32,
      deviceId,
      metricId,
      value,
      time,
      position?.lat ?? NaN,
      position?.lon ?? NaN,
    ),
  )
  return bytes
}

const fieldsOf = (reply: Generated<typeof replies>) => Object.values(reply)

function builtReply({
  seq,
  status,
  reason,
  retryAfterMs,
  refused,
  credit,
}: Generated<typeof replies>): Uint8Array {
  const builder = new Builder(16)
  const reasonAt = reason && builder.createString(reason)
  const refusedAt = refused.length && Reply.createRefusedVector(builder, new Uint32Array(refused))
  Reply.startReply(builder)
  Reply.addCredit(builder, credit)
  if (refusedAt) Reply.addRefused(builder, refusedAt)
  Reply.addRetryAfterMs(builder, retryAfterMs)
  if (reasonAt) Reply.addReason(builder, reasonAt)
  Reply.addStatus(builder, status)
  Reply.addSeq(builder, seq)
  Reply.finishReplyBuffer(builder, Reply.endReply(builder))
  return builder.asUint8Array()
}

describe('what the client writes and reads by hand, against the generated code', () => {
  it('writes frames that it reads', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xffff_ffff }), readings, (seq, list) => {
        const { bytes, count } = frameOf(seq, bytesOf(list), newCourse(0))
        const buffer = new ByteBuffer(bytes)
        const frame = Frame.getRootAsFrame(buffer)
        expect(Frame.bufferHasIdentifier(buffer)).toBe(true)
        expect([frame.seq(), frame.readingsLength(), count]).toEqual([seq, list.length, list.length])
        list.forEach(({ deviceId, metricId, value, time, position }, i) => {
          const reading = frame.readings(i)!
          expect(reading.series()).toBe((BigInt(deviceId) << 16n) | BigInt(metricId))
          expect([reading.time(), reading.value()]).toEqual([time, value])
          expect(reading.lat()).toBe(position ? Math.round(position.lat * 1e7) + 0 : NO_POSITION)
          expect(reading.lon()).toBe(position ? Math.round(position.lon * 1e7) + 0 : NO_POSITION)
        })
      }),
    )
  })

  it('reads its own frames back, whole and in part', () => {
    fc.assert(
      fc.property(readings, (list) => {
        const { bytes } = frameOf(1, bytesOf(list), newCourse(0))
        const read = readingsOf(bytes)
        expect(read).toMatchObject(
          list.map(({ deviceId, metricId, value, time }) => ({ deviceId, metricId, value, time })),
        )
        const odd = list.flatMap((_, i) => (i % 2 ? [i] : []))
        expect(readingsOf(frameOf(2, someOf(bytes, odd), newCourse(0)).bytes)).toEqual(
          odd.map((i) => read[i]),
        )
      }),
    )
  })

  it('reads the replies that it builds', () => {
    fc.assert(
      fc.property(replies, (reply) => {
        expect(replyOf(builtReply(reply))).toEqual(fieldsOf(reply))
      }),
    )
  })

  it('takes no other bytes for a reply, nor a part of one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(replyOf(bytes)).toBeUndefined()
      }),
    )
    fc.assert(
      fc.property(replies, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (reply, share) => {
        const whole = builtReply(reply)
        const read = replyOf(whole.slice(0, Math.floor(whole.length * share)))
        // what was cut off may have been padding
        if (read) expect(read).toEqual(fieldsOf(reply))
      }),
    )
  })
})
