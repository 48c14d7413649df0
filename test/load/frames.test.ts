import * as flatbuffers from 'flatbuffers'
import { describe, expect, it } from 'vitest'
import { deviceIdOf, seriesKey } from '../../src/core/ids.ts'
import { mixedRandom } from '../../src/load/chance.ts'
import { BinaryTape } from '../../src/load/binary-tape.ts'
import { JsonTape } from '../../src/load/json-tape.ts'
import { malformedMessages } from '../../src/load/malformed-frames.ts'
import { Population } from '../../src/load/population.ts'
import { gaussianTable, Signal, SIGMA } from '../../src/load/signal.ts'
import type { TapePlan } from '../../src/load/tape.ts'
import { MessageParser } from '../../src/load/websocket-framing.ts'

const population = (regions = false) =>
  new Population({
    devices: 10,
    prefix: 'pump-',
    tiers: null,
    regions: regions ? [{ name: 'europe', share: 1 }] : null,
    seed: 3,
  })

const signal = (anomalies = 0, seed = 1) =>
  new Signal(gaussianTable(mixedRandom(seed)), anomalies, mixedRandom(seed + 1))

const plan = (over: Partial<TapePlan> = {}): TapePlan => ({
  slots: Uint32Array.from([0, 1, 2, 3, 4, 5]),
  readingsPerFrame: 3,
  metric: { name: 'heat', id: 7 },
  timed: false,
  acknowledged: true,
  ...over,
})

/** The payload of client message `bytes`: takes the masking bit off and leaves framing to the parser's own rules. */
function payloadOf(bytes: Buffer): Buffer {
  const short = bytes[1] & 0x7f
  const header = short < 126 ? 6 : short === 126 ? 8 : 14
  expect(bytes[1] & 0x80).toBe(0x80)
  expect(bytes.readUInt32BE(header - 4)).toBe(0)
  const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  expect(bytes.length).toBe(header + size)
  return bytes.subarray(header)
}

/** Reads a frame with the FlatBuffers runtime, field by field as generated code does. */
function decode(payload: Buffer) {
  const bb = new flatbuffers.ByteBuffer(new Uint8Array(payload))
  expect(bb.__has_identifier('MRF1')).toBe(true)
  const table = bb.readInt32(0)
  const seqAt = bb.__offset(table, 4)
  const vectorAt = bb.__offset(table, 6)
  const vector = bb.__vector(table + vectorAt)
  const readings = Array.from({ length: bb.__vector_len(table + vectorAt) }, (_, i) => ({
    series: bb.readUint64(vector + i * 32),
    time: bb.readFloat64(vector + i * 32 + 8),
    value: bb.readFloat64(vector + i * 32 + 16),
    lat: bb.readInt32(vector + i * 32 + 24),
    lon: bb.readInt32(vector + i * 32 + 28),
  }))
  expect(vector % 8).toBe(0)
  expect(vector + readings.length * 32).toBe(payload.length)
  return { seq: bb.readUint32(table + seqAt), readings }
}

const messageAt = (tape: { bytes: Buffer; startOf(frame: number): number }, frame: number) =>
  tape.bytes.subarray(tape.startOf(frame), tape.startOf(frame + 1))

describe('BinaryTape', () => {
  it('holds frames that the FlatBuffers runtime reads back', () => {
    const people = population(true)
    const tape = new BinaryTape(people, plan())
    tape.refresh(1, 42, 0, signal())
    const { seq, readings } = decode(payloadOf(messageAt(tape, 1)))
    expect(seq).toBe(42)
    expect(readings.map(({ series }) => series)).toEqual(
      [3, 4, 5].map((device) => seriesKey(deviceIdOf(`pump-${device}`), 7)),
    )
    readings.forEach((reading, i) => {
      expect(Math.abs(reading.value - people.meanOf(3 + i))).toBeLessThan(6 * SIGMA)
      expect(reading.time).toBe(0)
      expect(reading.lat).toBe(Math.round(people.positionOf(3 + i)!.lat * 1e7))
      expect(reading.lon).toBe(Math.round(people.positionOf(3 + i)!.lon * 1e7))
    })
  })

  it('writes the time if asked to, and no position where there is none', () => {
    const tape = new BinaryTape(population(), plan({ timed: true }))
    tape.refresh(0, 1, 1_767_225_600_000.5, signal())
    const { readings } = decode(payloadOf(messageAt(tape, 0)))
    expect(readings.every(({ time }) => time === 1_767_225_600_000.5)).toBe(true)
    expect(readings.every(({ lat, lon }) => lat === -0x8000_0000 && lon === -0x8000_0000)).toBe(true)
  })

  it.each([1, 3, 10, 2000, 3000])(
    'frames %i readings with the right WebSocket header',
    (readingsPerFrame) => {
      const slots = new Uint32Array(readingsPerFrame * 2)
      const tape = new BinaryTape(population(), plan({ slots, readingsPerFrame }))
      expect(decode(payloadOf(messageAt(tape, 1))).readings).toHaveLength(readingsPerFrame)
    },
  )

  it('sends new values each time, the same ones for the same seed', () => {
    const values = (seed: number) => {
      const tape = new BinaryTape(population(), plan())
      const source = signal(0.1, seed)
      return [1, 2].map((seq) => {
        tape.refresh(0, seq, 0, source)
        return decode(payloadOf(messageAt(tape, 0))).readings.map(({ value }) => value)
      })
    }
    const [first, second] = values(5)
    expect(first).not.toEqual(second)
    expect(values(5)).toEqual([first, second])
    expect(values(6)).not.toEqual([first, second])
  })
})

describe('JsonTape', () => {
  const textAt = (tape: JsonTape, frame: number) =>
    JSON.parse(payloadOf(messageAt(tape, frame)).toString()) as unknown

  it('holds wrapped readings if acknowledgements are wanted', () => {
    const people = population(true)
    const tape = new JsonTape(people, plan({ timed: true }))
    tape.refresh(1, 17, 1_767_225_600_000, signal())
    const { seq, readings } = textAt(tape, 1) as { seq: number; readings: Record<string, number>[] }
    expect(seq).toBe(17)
    expect(readings.map(({ device }) => device)).toEqual(['pump-3', 'pump-4', 'pump-5'])
    expect(readings[0]).toMatchObject({ metric: 'heat', time: 1_767_225_600_000, ...people.positionOf(3) })
    expect(Math.abs(readings[0].value - people.meanOf(3))).toBeLessThan(6 * SIGMA)
  })

  it('holds an array or one plain object if not', () => {
    const many = new JsonTape(population(), plan({ acknowledged: false }))
    many.refresh(0, 0, 0, signal())
    expect(textAt(many, 0)).toHaveLength(3)
    const single = new JsonTape(population(), plan({ acknowledged: false, readingsPerFrame: 1 }))
    single.refresh(5, 0, 0, signal())
    expect(Object.keys(textAt(single, 5) as object)).toEqual(['device', 'metric', 'value'])
  })

  it('writes small, large and negative numbers as they are', () => {
    const tape = new JsonTape(population(), plan({ acknowledged: false, readingsPerFrame: 1 }))
    for (const value of [0.001, -0.05, 12_345.678, -1234.5, 7]) {
      const fixed = { jump: () => undefined, next: () => value } as unknown as Signal
      tape.refresh(0, 0, 0, fixed)
      expect(textAt(tape, 0)).toMatchObject({ value })
    }
  })
})

describe('Signal', () => {
  it('gives the asked share of values twenty deviations off, and ordinary ones near the mean', () => {
    const source = signal(0.01)
    const values = Array.from({ length: 200_000 }, () => source.next(20))
    const far = values.filter((value) => Math.abs(value - 20) > 19 * SIGMA)
    const near = values.filter((value) => Math.abs(value - 20) <= 19 * SIGMA)
    expect(far.length).toBe(source.anomalies)
    expect(far.length / values.length).toBeCloseTo(0.01, 2)
    const mean = near.reduce((sum, value) => sum + value, 0) / near.length
    const variance = near.reduce((sum, value) => sum + (value - mean) ** 2, 0) / near.length
    expect(mean).toBeCloseTo(20, 1)
    expect(Math.sqrt(variance)).toBeCloseTo(SIGMA, 1)
  })

  it('gives none if none are asked for', () => {
    const source = signal(0)
    for (let i = 0; i < 20_000; i++) expect(Math.abs(source.next(0))).toBeLessThan(19 * SIGMA)
    expect(source.anomalies).toBe(0)
  })
})

describe('malformedMessages', () => {
  it.each(['binary', 'json'] as const)('gives several kinds of whole %s messages', (format) => {
    const next = malformedMessages(format, mixedRandom(1))
    const seen = new Set(Array.from({ length: 200 }, () => payloadOf(next()).toString('hex')))
    expect(seen.size).toBeGreaterThanOrEqual(5)
  })
})

describe('MessageParser', () => {
  const serverFrame = (opcode: number, text: string, fin = true) => {
    const payload = Buffer.from(text)
    const head = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff]
    return Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | opcode, ...head]), payload])
  }

  it('cuts messages whatever the pieces they arrive in', () => {
    const stream = Buffer.concat([
      serverFrame(1, 'one'),
      serverFrame(1, 'x'.repeat(300)),
      serverFrame(2, 'fra', false),
      serverFrame(9, 'ping'),
      serverFrame(0, 'gment'),
    ])
    for (const size of [1, 2, 3, 7, 100, stream.length]) {
      const seen: string[] = []
      const parser = new MessageParser((opcode, payload) => seen.push(`${opcode}:${payload.toString()}`))
      for (let at = 0; at < stream.length; at += size) parser.push(stream.subarray(at, at + size))
      expect(seen).toEqual(['1:one', `1:${'x'.repeat(300)}`, '9:ping', '2:fragment'])
    }
  })

  it('refuses masked frames, reserved bits and giant sizes', () => {
    const push = (...bytes: number[]) => new MessageParser(() => undefined).push(Buffer.from(bytes))
    expect(() => push(0x81, 0x80, 0, 0, 0, 0)).toThrow('masked')
    expect(() => push(0xc1, 0)).toThrow('reserved')
    expect(() => push(0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0)).toThrow('bytes')
  })
})
