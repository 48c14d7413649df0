import { MillraceError } from '../../core/errors.ts'
import type { Kernels } from '../../kernels/kernels.ts'
import type { CapturePlaces } from '../../memory/capture-area.ts'
import { ROUTER_SERIES } from '../../memory/layout/counters.layout.ts'
import { ROW_BYTES, ROW_SLOT } from '../../memory/layout/series.layout.ts'
import type { MemoryPlan } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import type { ShardSection } from './shard-section.ts'

/** Slot of a row that the checkpoint doesn't have. */
export const NO_SLOT = 0xffffffff

/** A run of rows that lie together in one section. */
interface Piece {
  readonly section: ShardSection
  readonly first: number
  readonly count: number
}

/** Puts series rows and their windows back into tables of any size, row by row, by key. */
export class RowRestore {
  readonly #memory: SharedMemory
  readonly #plan: MemoryPlan
  readonly #kernels: Kernels
  readonly #places: CapturePlaces

  constructor(memory: SharedMemory, plan: MemoryPlan, kernels: Kernels, places: CapturePlaces) {
    this.#memory = memory
    this.#plan = plan
    this.#kernels = kernels
    this.#places = places
  }

  /** Restores a shard of `oldSlots` slots; returns, for each of them, where its row is now. */
  restore(sections: readonly ShardSection[], oldSlots: number): Uint32Array {
    const slots = new Uint32Array(oldSlots).fill(NO_SLOT)
    const pieces = sections.length === 1 ? [wholeOf(sections[0])] : latestChunks(sections)
    for (const piece of pieces) {
      const batch = this.#plan.slotsPerShard
      for (let done = 0; done < piece.count; done += batch) {
        const count = Math.min(batch, piece.count - done)
        this.#insert({ section: piece.section, first: piece.first + done, count }, slots)
      }
    }
    return slots
  }

  /** Takes everything back that has been restored of the shard. */
  wipe(shard: number): void {
    const { at, slotsPerShard } = this.#plan
    const bytes = slotsPerShard * ROW_BYTES
    for (const table of [at.series, at.windows])
      this.#memory.bytes.fill(0, table + shard * bytes, table + (shard + 1) * bytes)
    this.#memory.u32.fill(
      0,
      (at.routerCounters + ROUTER_SERIES) >>> 2,
      (at.routerCounters + ROUTER_SERIES + 8) >>> 2,
    )
  }

  #insert({ section, first, count }: Piece, slots: Uint32Array): void {
    const { bytes, u32 } = this.#memory
    const { rows, windows } = this.#places
    const part = (from: Uint8Array) => from.subarray(first * ROW_BYTES, (first + count) * ROW_BYTES)
    bytes.set(part(section.rows), rows)
    bytes.set(part(section.windows), windows)
    const placed = this.#kernels.restoreRows(this.#plan.at.map, this.#plan.at.capture, count)
    if (placed !== count) throw noRoom(section.shard)
    const before = wordsOf(section.rows)
    for (let i = 0; i < count; i++) {
      const slot = before[((first + i) * ROW_BYTES + ROW_SLOT) >>> 2]
      slots[slot] = u32[(rows + i * ROW_BYTES + ROW_SLOT) >>> 2]
    }
  }
}

const wholeOf = (section: ShardSection): Piece => ({ section, first: 0, count: section.rowCount })

/** Each chunk as the last section that has it says. */
function latestChunks(sections: readonly ShardSection[]): Piece[] {
  const latest = new Map<number, Piece>()
  for (const section of sections) {
    let first = 0
    for (let entry = 0; entry < section.table.length; entry += 2) {
      const count = section.table[entry + 1]
      latest.set(section.table[entry], { section, first, count })
      first += count
    }
  }
  return [...latest.values()]
}

/** Sections' parts begin at multiples of 8. */
const wordsOf = (bytes: Uint8Array): Uint32Array =>
  new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2)

function noRoom(shard: number): MillraceError {
  return new MillraceError(
    'bad-config',
    `the checkpoint's series don't fit: shard ${shard} has more of them than limits.series gives it room for; raise limits.series`,
    { shard },
  )
}
