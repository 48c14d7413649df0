import { deviceIdOf, seriesHigh, seriesLow } from '../core/ids.ts'
import type { Population } from './population.ts'
import type { Signal } from './signal.ts'
import type { Tape, TapePlan } from './tape.ts'
import { headerBytes, OPCODE, writeHeader } from './websocket-framing.ts'

/**
 * A FlatBuffers `Frame` laid out by hand, always in this one shape:
 *
 *  0 root offset (16) │  4 "MRF1" │  8 vtable: bytes 8, table bytes 12, seq at 4, readings at 8
 * 16 table: to vtable 8 │ 20 seq │ 24 to vector 4 │ 28 number of readings │ 32 readings, 32 bytes each
 */
const SEQ = 20
const COUNT = 28
const READINGS = 32
const READING_BYTES = 32
const TIME = 8
const VALUE = 16
const NO_POSITION = -0x8000_0000

export const binaryFrameBytes = (readings: number): number => READINGS + readings * READING_BYTES

/** Writes everything of a frame but its readings. */
export function writeFrameShell(view: DataView, at: number, seq: number, readings: number): void {
  view.setUint32(at, 16, true)
  view.setUint32(at + 4, 0x3146524d, true)
  view.setUint16(at + 8, 8, true)
  view.setUint16(at + 10, 12, true)
  view.setUint16(at + 12, 4, true)
  view.setUint16(at + 14, 8, true)
  view.setInt32(at + 16, 8, true)
  view.setUint32(at + SEQ, seq, true)
  view.setUint32(at + 24, 4, true)
  view.setUint32(at + COUNT, readings, true)
}

export class BinaryTape implements Tape {
  readonly bytes: Buffer
  readonly frames: number
  readonly readingsPerFrame: number
  readonly #view: DataView
  readonly #frameBytes: number
  readonly #header: number
  readonly #means: Float32Array
  readonly #timed: boolean

  constructor(population: Population, plan: TapePlan) {
    this.readingsPerFrame = plan.readingsPerFrame
    this.frames = plan.slots.length / plan.readingsPerFrame
    const payload = binaryFrameBytes(plan.readingsPerFrame)
    this.#header = headerBytes(payload)
    this.#frameBytes = this.#header + payload
    this.bytes = Buffer.alloc(this.frames * this.#frameBytes)
    this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
    this.#means = Float32Array.from(plan.slots, (device) => population.meanOf(device))
    this.#timed = plan.timed
    for (let frame = 0; frame < this.frames; frame++) this.#encode(frame, population, plan)
  }

  startOf(frame: number): number {
    return frame * this.#frameBytes
  }

  refresh(frame: number, seq: number, timeMs: number, signal: Signal): void {
    const view = this.#view
    const means = this.#means
    const at = frame * this.#frameBytes + this.#header
    view.setUint32(at + SEQ, seq, true)
    signal.jump()
    let slot = frame * this.readingsPerFrame
    let value = at + READINGS + VALUE
    for (let i = 0; i < this.readingsPerFrame; i++, value += READING_BYTES) {
      view.setFloat64(value, signal.next(means[slot++]), true)
    }
    if (this.#timed) this.#stamp(at + READINGS + TIME, timeMs)
  }

  #stamp(first: number, timeMs: number): void {
    const end = first + this.readingsPerFrame * READING_BYTES
    for (let at = first; at < end; at += READING_BYTES) this.#view.setFloat64(at, timeMs, true)
  }

  #encode(frame: number, population: Population, plan: TapePlan): void {
    const start = this.startOf(frame)
    const at = start + this.#header
    writeHeader(this.bytes, start, OPCODE.binary, this.#frameBytes - this.#header)
    writeFrameShell(this.#view, at, 0, this.readingsPerFrame)
    for (let i = 0; i < this.readingsPerFrame; i++) {
      const device = plan.slots[frame * this.readingsPerFrame + i]
      this.#encodeReading(at + READINGS + i * READING_BYTES, population, device, plan.metric.id)
    }
  }

  #encodeReading(at: number, population: Population, device: number, metricId: number): void {
    const id = deviceIdOf(population.nameOf(device))
    const place = population.positionOf(device)
    this.#view.setUint32(at, seriesLow(id, metricId), true)
    this.#view.setUint32(at + 4, seriesHigh(id), true)
    this.#view.setInt32(at + 24, place ? Math.round(place.lat * 1e7) : NO_POSITION, true)
    this.#view.setInt32(at + 28, place ? Math.round(place.lon * 1e7) : NO_POSITION, true)
  }
}
