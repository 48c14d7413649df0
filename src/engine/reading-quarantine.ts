import { deviceOf, metricOf } from '../core/ids.ts'
import { MALFORMED_CAUSES } from '../core/refusal.ts'
import { observeCursor } from '../memory/atomics.ts'
import * as M from '../memory/layout/map.layout.ts'
import { READING_BYTES } from '../memory/layout/reading.layout.ts'
import { RING_CONTROL_BYTES } from '../memory/layout/ring.layout.ts'
import type { Quarantine } from '../observability/quarantine.ts'
import type { Foundation } from './foundation.ts'
import { EMBEDDING_RING } from './sizing.ts'

type SenderName = (ring: number, source: number) => string | Promise<string>

/** Brings malformed readings that the router has set aside into the quarantine. */
export class ReadingQuarantine {
  readonly #foundation: Foundation
  readonly #quarantine: Quarantine
  readonly #senderName: SenderName
  #seen = 0

  constructor(foundation: Foundation, quarantine: Quarantine, senderName: SenderName) {
    this.#foundation = foundation
    this.#quarantine = quarantine
    this.#senderName = senderName
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
    const cause = MALFORMED_CAUSES[memory.u32[word]] ?? 'none'
    const bytes = memory.bytes.slice(reading, reading + READING_BYTES)
    const add = (sender: string): void => {
      const source = `${sender || 'unknown'} device #${device.toString(16)} metric #${metricOf(low)}`
      this.#quarantine.add(cause, source, bytes)
    }
    const sender = this.#senderOf(at)
    if (typeof sender === 'string') add(sender)
    else void sender.then(add)
  }

  #senderOf(entry: number): string | Promise<string> {
    const { memory, plan } = this.#foundation
    const control = memory.u32[(entry + M.QUARANTINE_CONTROL) >>> 2]
    const ring = (control - plan.at.ringControls) / RING_CONTROL_BYTES
    if (ring === EMBEDDING_RING) return 'the embedding program'
    return this.#senderName(ring, memory.i32[(entry + M.QUARANTINE_SOURCE) >>> 2])
  }
}
