import type { NameResolver } from '../../core/names.ts'
import { READING_BYTES } from '../../memory/layout/reading.layout.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import { noteFaults } from './fault-notes.ts'
import { JsonReadingWriter, type ReadingFault } from './json-reading.ts'

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
    this.#memory.i32.fill(0, address >>> 2, (address + JSON_READING_OFFSET) >>> 2)
    const faults: ReadingFault[] = []
    let at = address + JSON_READING_OFFSET
    for (let i = 0; i < readings.length; i++) {
      const fault = this.#writer.write(readings[i], i, at)
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
