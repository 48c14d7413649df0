import { deviceOf, metricOf } from '../core/ids.ts'
import { MALFORMED_CAUSES } from '../core/refusal.ts'
import { observeCursor } from '../memory/atomics.ts'
import * as M from '../memory/layout/map.layout.ts'
import { READING_BYTES } from '../memory/layout/reading.layout.ts'
import type { Quarantine } from '../observability/quarantine.ts'
import type { Foundation } from './foundation.ts'

/** Brings malformed readings that the router has set aside into the quarantine. */
export class ReadingQuarantine {
  readonly #foundation: Foundation
  readonly #quarantine: Quarantine
  readonly #sourceName: (source: number) => string
  #seen = 0

  constructor(foundation: Foundation, quarantine: Quarantine, sourceName: (source: number) => string) {
    this.#foundation = foundation
    this.#quarantine = quarantine
    this.#sourceName = sourceName
  }

  collect(): void {
    const { memory, plan } = this.#foundation
    const written = observeCursor(memory.i32, plan.at.quarantine + M.QUARANTINE_WRITTEN)
    const missed = Math.max(0, ((written - this.#seen) | 0) - M.QUARANTINE_ENTRIES)
    for (let index = (this.#seen + missed) | 0; index !== written; index = (index + 1) | 0)
      this.#take(index >>> 0)
    this.#seen = written
  }

  #take(index: number): void {
    const { memory, plan } = this.#foundation
    const place = index % M.QUARANTINE_ENTRIES
    const at = plan.at.quarantine + M.QUARANTINE_FIRST + place * M.QUARANTINE_ENTRY_BYTES
    const word = at >>> 2
    const reading = at + M.QUARANTINE_READING
    const low = memory.u32[reading >>> 2]
    const device = deviceOf(low, memory.u32[(reading >>> 2) + 1])
    const sender = this.#sourceName(memory.i32[word + M.QUARANTINE_SOURCE / 4]) || 'unknown'
    const source = `${sender} device #${device.toString(16)} metric #${metricOf(low)}`
    const cause = MALFORMED_CAUSES[memory.u32[word]] ?? 'none'
    this.#quarantine.add(cause, source, memory.bytes.slice(reading, reading + READING_BYTES))
  }
}
