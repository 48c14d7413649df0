import { assert, MillraceError } from '../../core/errors.ts'
import type { Kernels } from '../../kernels/kernels.ts'
import type { CapturePlaces } from '../../memory/capture-area.ts'
import * as L from '../../memory/layout/lanes.layout.ts'
import { MAP_RESERVES } from '../../memory/layout/map.layout.ts'
import { ENTRY_SLOT, ENTRY_SLOT_MASK, TICKS_PER_MS } from '../../memory/layout/reading.layout.ts'
import type { MemoryPlan } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import { NO_SLOT } from './row-restore.ts'
import { entryBytes, LANE_HEADER_BYTES, RUN_HEADER_BYTES } from './waiting-entries.ts'

/**
 * Puts waiting entries back into the lanes where they waited, with their fences and with what of them had been taken into
 * the windows, stamped as if they had come in now. For the start, when no router and no worker runs.
 */
export class LaneRestore {
  readonly #memory: SharedMemory
  readonly #plan: MemoryPlan
  readonly #kernels: Kernels
  readonly #places: CapturePlaces
  readonly #nowMs: number

  constructor(
    memory: SharedMemory,
    plan: MemoryPlan,
    kernels: Kernels,
    places: CapturePlaces,
    nowMs: number,
  ) {
    this.#memory = memory
    this.#plan = plan
    this.#kernels = kernels
    this.#places = places
    this.#nowMs = nowMs
  }

  /** Does `act` while entries may use the last free block: what has been accepted is not refused now. */
  withoutReserves(act: () => void): void {
    const reserves = (this.#plan.at.map + MAP_RESERVES) >>> 2
    const before = this.#memory.u32.slice(reserves, reserves + L.TRACK_COUNT)
    this.#memory.u32.fill(0, reserves, reserves + L.TRACK_COUNT)
    try {
      act()
    } finally {
      this.#memory.u32.set(before, reserves)
    }
  }

  /** `slots`: where the rows of the captured slots are now. The bytes are changed. */
  restore(shard: number, lanes: Uint8Array, slots: Uint32Array): void {
    const view = new DataView(lanes.buffer, lanes.byteOffset, lanes.length)
    for (let at = 0; at < lanes.length;) {
      const word = (index: number): number => view.getUint32(at + 4 * index, true)
      const [track, applied, sliceLimit, runs] = [word(0), word(2), word(3), word(4)]
      at += LANE_HEADER_BYTES
      for (let run = 0; run < runs; run++) at = this.#restoreRun(view, at, track, shard, slots)
      this.#setProgress(track, shard, applied, sliceLimit)
    }
  }

  #setProgress(track: number, shard: number, applied: number, sliceLimit: number): void {
    const lane = this.#plan.at.lanes + ((track << L.LANES_PER_TRACK_SHIFT) | shard) * L.LANE_BYTES
    const { u32 } = this.#memory
    u32[(lane + L.LANE_APPLIED) >>> 2] = u32[(lane + L.LANE_CONSUMED) >>> 2] + applied
    u32[(lane + L.LANE_SLICE_LIMIT) >>> 2] = sliceLimit
  }

  /** Returns where the next run is. */
  #restoreRun(view: DataView, at: number, track: number, shard: number, slots: Uint32Array): number {
    const count = view.getUint32(at, true)
    const mask = view.getUint32(at + 4, true)
    for (let tier = 0; tier < L.TIER_COUNT; tier++) {
      if (((mask >>> tier) & 1) === 0) continue
      const ahead = view.getUint32(at + 8 + 4 * tier, true)
      const { map } = this.#plan.at
      const fenced = this.#kernels.requeueFence(map, track, shard, tier, ahead, this.#tick)
      if (!fenced) throw this.#noRoom()
    }
    const entries = at + RUN_HEADER_BYTES
    const bytes = count * entryBytes(track)
    translate(view, entries, bytes, track, slots)
    this.#requeue(new Uint8Array(view.buffer, view.byteOffset + entries, bytes), track, shard)
    return entries + bytes
  }

  /** As many at a time as the workbench has room for. */
  #requeue(entries: Uint8Array, track: number, shard: number): void {
    const { rows, end } = this.#places
    const { map } = this.#plan.at
    const size = entryBytes(track)
    const batch = Math.floor((end - rows) / size) * size
    for (let at = 0; at < entries.length; at += batch) {
      const part = entries.subarray(at, at + batch)
      this.#memory.bytes.set(part, rows)
      const count = part.length / size
      const done = this.#kernels.requeue(map, track, shard, rows, count, this.#tick, this.#nowMs)
      if (done !== count) throw this.#noRoom()
    }
  }

  get #tick(): number {
    return (this.#nowMs * TICKS_PER_MS) >>> 0
  }

  #noRoom(): MillraceError {
    const { backlogBytes } = this.#plan.needs
    return new MillraceError(
      'bad-config',
      `the checkpoint's waiting readings don't fit into limits.backlogBytes (${backlogBytes}); raise it`,
      { backlogBytes },
    )
  }
}

/** The entries' slots become those where their series are now. */
function translate(view: DataView, at: number, bytes: number, track: number, slots: Uint32Array): void {
  const offset = track === L.TRACK_EVENTS ? L.EVENT_SLOT : ENTRY_SLOT
  const mask = track === L.TRACK_EVENTS ? 0xffffffff : ENTRY_SLOT_MASK
  for (let entry = at; entry < at + bytes; entry += entryBytes(track)) {
    const word = view.getUint32(entry + offset, true)
    const slot = slots[(word & mask) >>> 0]
    assert(slot !== undefined && slot !== NO_SLOT, 'a waiting entry is of a series that has a row')
    view.setUint32(entry + offset, ((word & ~mask) | slot) >>> 0, true)
  }
}
