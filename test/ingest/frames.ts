import { Builder } from 'flatbuffers'
import { Frame } from '../../src/core/generated/frame.ts'
import { Reading } from '../../src/core/generated/reading.ts'

export interface TestReading {
  readonly series: bigint
  readonly time?: number
  readonly value: number
  readonly lat?: number
  readonly lon?: number
}

/** A frame as FlatBuffers' own builder lays it out. */
export function frame(seq: number, readings: readonly TestReading[]): Uint8Array {
  const builder = new Builder(64 + readings.length * 32)
  Frame.startReadingsVector(builder, readings.length)
  for (const { series, time = 0, value, lat = -2147483648, lon = -2147483648 } of [...readings].reverse()) {
    Reading.createReading(builder, series, time, value, lat, lon)
  }
  const vector = builder.endVector()
  Frame.finishFrameBuffer(builder, Frame.createFrame(builder, seq, vector))
  return builder.asUint8Array().slice()
}

/** `count` readings of series (device 1 + i, metric 1). */
export const someReadings = (count: number): TestReading[] =>
  Array.from({ length: count }, (_, i) => ({ series: (BigInt(i + 1) << 16n) | 1n, value: i + 0.5 }))

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
