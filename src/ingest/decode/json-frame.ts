import type { NameResolver } from '../../core/names.ts'
import { READING_BYTES } from '../../memory/layout/reading.layout.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import { noteFaults } from './fault-notes.ts'
import { JsonReadingWriter, type ReadingFault, unknownDevice, unknownMetric } from './json-reading.ts'
import { NUMBERS, type PlainMessage } from './plain-message.ts'

/** In a frame made from JSON, readings begin here: the message area's first bytes are the router's. */
export const JSON_READING_OFFSET = 32
/** `{"device":"a","metric":"b","value":1}`: no valid reading is shorter. */
const SHORTEST_READING = 37

/** Room for every valid reading a text of `textBytes` can hold, whatever number of elements it claims. */
export const readingCapacity = (elements: number, textBytes: number): number =>
  Math.min(elements, Math.floor(textBytes / SHORTEST_READING))

/** Lays the readings of a message out as a frame: 32 bytes of nothing, then the valid ones without gaps. */
export class JsonFrame {
  /** Those that were not taken, in order; empty most of the time. */
  faults: readonly ReadingFault[] = []
  readonly #memory: SharedMemory
  readonly #writer: JsonReadingWriter

  constructor(memory: SharedMemory, names: NameResolver) {
    this.#memory = memory
    this.#writer = new JsonReadingWriter(memory, names)
  }

  /** Writes at `address`; returns how many readings were written. */
  write(readings: readonly unknown[], address: number): number {
    return this.#writeEach(readings.length, address, (i, at) => this.#writer.write(readings[i], i, at))
  }

  /** The same of a plain message. */
  writePlain(message: PlainMessage, address: number): number {
    return this.#writeEach(message.count, address, (i, at) => this.#writeOne(message, i, at))
  }

  #writeOne(message: PlainMessage, index: number, address: number): ReadingFault | null {
    const device = message.deviceId(index)
    if (device === 0) return unknownDevice(index, message.deviceName(index))
    const metric = message.metricId(index)
    if (metric === 0) return unknownMetric(index, message.metricName(index))
    const { numbers } = message
    const n = NUMBERS * index
    this.#writer.put(address, device, metric, numbers[n], numbers[n + 1], numbers[n + 2], numbers[n + 3])
    return null
  }

  #writeEach(
    count: number,
    address: number,
    write: (index: number, at: number) => ReadingFault | null,
  ): number {
    this.#memory.i32.fill(0, address >>> 2, (address + JSON_READING_OFFSET) >>> 2)
    const faults: ReadingFault[] = []
    let at = address + JSON_READING_OFFSET
    for (let i = 0; i < count; i++) {
      const fault = write(i, at)
      if (fault === null) at += READING_BYTES
      else faults.push(fault)
    }
    this.faults = faults
    return (at - address - JSON_READING_OFFSET) / READING_BYTES
  }

  /** Notes the faults in the frame at `address`, which has `written` readings in room for `capacity`. */
  noteFaults(address: number, written: number, capacity: number): void {
    const messageBytes = JSON_READING_OFFSET + capacity * READING_BYTES
    const message = new DataView(this.#memory.bytes.buffer, address, messageBytes)
    noteFaults(message, JSON_READING_OFFSET + written * READING_BYTES, this.faults)
  }
}
