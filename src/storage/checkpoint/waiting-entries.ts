import * as L from '../../memory/layout/lanes.layout.ts'
import { READING_BYTES } from '../../memory/layout/reading.layout.ts'
import type { MemoryPlan } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'

/*
 * The entries that wait in a shard's lanes, as they are written down (u32 words, everything a multiple of 32 bytes):
 *
 *   lane, for each that has entries:  track · entries · applied (of them in the windows) · sliceLimit · runs · 0 · 0 · 0
 *   run, for each of its blocks:      entries · fenceMask · fence[4] (entries of that tier's lane) · 0 · 0
 *   then the run's entries, of 32 bytes (readings) or 64 bytes (events)
 */
export const LANE_HEADER_BYTES = 32
export const RUN_HEADER_BYTES = 32
const FIRST_BYTES = 1 << 16

export const entryBytes = (track: number): number =>
  track === L.TRACK_EVENTS ? L.EVENT_BYTES : READING_BYTES

/** Copies what waits in a shard's lanes. The caller holds the shard's claim, so that nothing goes away meanwhile. */
export class WaitingEntries {
  readonly #memory: SharedMemory
  readonly #plan: MemoryPlan
  /** Kept from shard to shard, so that no page of it is new while a shard is held. */
  #bytes = new Uint8Array(FIRST_BYTES).fill(1)
  #view = new DataView(this.#bytes.buffer)
  #length = 0
  #readings = 0

  constructor(memory: SharedMemory, plan: MemoryPlan) {
    this.#memory = memory
    this.#plan = plan
  }

  /** Readings among the entries copied last. */
  get readings(): number {
    return this.#readings
  }

  /** Makes room for what waits in the shard now, and as much again, before anybody waits for the copy. */
  prepare(shard: number): void {
    let bytes = 0
    for (let track = 0; track < L.TRACK_COUNT; track++) {
      const lane = this.#lane(track, shard)
      const entries = (this.#word(lane + L.LANE_PUBLISHED) - this.#word(lane + L.LANE_CONSUMED)) >>> 0
      bytes += entries * entryBytes(track)
    }
    this.#length = 0
    this.#reserve(2 * bytes)
  }

  /** `ends`: for each track, the position up to which entries belong to the copy. What is returned is used again. */
  copy(shard: number, ends: readonly number[]): Uint8Array {
    this.#length = 0
    this.#readings = 0
    ends.forEach((end, track) => this.#copyLane(track, shard, end))
    return this.#bytes.subarray(0, this.#length)
  }

  #lane(track: number, shard: number): number {
    return this.#plan.at.lanes + ((track << L.LANES_PER_TRACK_SHIFT) | shard) * L.LANE_BYTES
  }

  #word(address: number): number {
    return this.#memory.u32[address >>> 2]
  }

  #copyLane(track: number, shard: number, end: number): void {
    const lane = this.#lane(track, shard)
    const consumed = this.#word(lane + L.LANE_CONSUMED)
    let left = (end - consumed) >>> 0
    if (left === 0) return
    if (track !== L.TRACK_EVENTS) this.#readings += left
    const header = this.#reserve(LANE_HEADER_BYTES)
    const applied = Math.max(0, (this.#word(lane + L.LANE_APPLIED) - consumed) | 0)
    this.#put(header, [track, left, Math.min(applied, left), this.#word(lane + L.LANE_SLICE_LIMIT)])
    let runs = 0
    let block = this.#word(lane + L.LANE_READ_BLOCK)
    let entry = this.#word(lane + L.LANE_READ)
    if (block === 0) {
      block = this.#word(lane + L.LANE_FIRST_BLOCK)
      entry = block + L.BLOCK_HEADER_BYTES
    }
    while (true) {
      const inBlock = Math.floor((this.#word(block + L.BLOCK_END) - entry) / entryBytes(track))
      const count = Math.min(inBlock, left)
      if (count > 0) {
        this.#copyRun(track, shard, block, entry, count)
        runs++
      }
      left -= count
      if (left === 0) break
      block = this.#word(block + L.BLOCK_NEXT)
      entry = block + L.BLOCK_HEADER_BYTES
    }
    this.#put(header + 16, [runs, 0, 0, 0])
  }

  #copyRun(track: number, shard: number, block: number, entry: number, count: number): void {
    const header = this.#reserve(RUN_HEADER_BYTES)
    const fences = entry === block + L.BLOCK_HEADER_BYTES ? this.#fences(block, shard) : [0, 0, 0, 0]
    const mask = fences.reduce((bits, fence, tier) => (fence > 0 ? bits | (1 << tier) : bits), 0)
    this.#put(header, [count, mask, ...fences, 0, 0])
    const bytes = count * entryBytes(track)
    const at = this.#reserve(bytes)
    this.#bytes.set(this.#memory.bytes.subarray(entry, entry + bytes), at)
  }

  /** How many entries of each tier's lane must be done before those of the block; 0 = none. */
  #fences(block: number, shard: number): number[] {
    const mask = this.#word(block + L.BLOCK_FENCE_MASK)
    return Array.from({ length: L.TIER_COUNT }, (_, tier) => {
      if (((mask >>> tier) & 1) === 0) return 0
      const consumed = this.#word(this.#lane(tier + L.TRACK_CRITICAL, shard) + L.LANE_CONSUMED)
      return Math.max(0, (this.#word(block + L.BLOCK_FENCE + 4 * tier) - consumed) | 0)
    })
  }

  #put(at: number, words: readonly number[]): void {
    words.forEach((word, index) => this.#view.setUint32(at + 4 * index, word, true))
  }

  #reserve(bytes: number): number {
    const at = this.#length
    this.#length += bytes
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#length).fill(1)
      grown.set(this.#bytes.subarray(0, at))
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    return at
  }
}
