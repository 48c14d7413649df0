/**
 * What waits for one sink, in order: the front in memory, which is handed on; behind it the spill on disk; behind that
 * the back in memory, on its way to the disk. Without a spill there is only the front. What finds no room anywhere goes
 * by the declared policy. Disk calls are made one at a time by `#work`; everything else answers at once.
 */
import type { Clock } from '../../core/clock.ts'
import type { SinkRecord } from '../record.ts'
import type { BufferOptions } from './buffer-options.ts'
import { Shelf } from './shelf.ts'
import type { Placed, Spill } from './spill.ts'

export interface SinkQueueParts {
  readonly options: BufferOptions
  /** Undefined: there is no disk to go to. */
  readonly spill: Spill | undefined
  readonly clock: Clock
  /** Something is at the front that was not. */
  readonly onReady: () => void
  /** The spill failed; it is tried again. */
  readonly onFault: (error: unknown) => void
}

const RETRY_MS = 1000
const GROUP_ITEMS = 1000
const GROUP_BYTES = 1024 * 1024

export class SinkQueue {
  readonly #parts: SinkQueueParts
  readonly #front: Shelf<Placed>
  readonly #back: Shelf<SinkRecord>
  /** At the front, being handed on: they can't be dropped. */
  #held = 0
  /** At the back, being written. */
  #writing = 0
  #isClosed = false
  /** Work came up while there was some being done. */
  #isMore = false
  #working: Promise<void> | undefined
  #cancelRetry: (() => void) | undefined
  #dropped = 0
  #spilled = 0

  constructor(parts: SinkQueueParts) {
    const { items, bytes } = parts.options
    const shelves = parts.spill === undefined ? 1 : 2
    this.#parts = parts
    this.#front = new Shelf({ items: items / shelves, bytes: bytes / shelves }, ({ record }) => record)
    this.#back = new Shelf({ items: items / shelves, bytes: bytes / shelves }, (record) => record)
    this.#wake()
  }

  /** Items that can be handed on now. */
  get ready(): number {
    return this.#front.length
  }

  get waiting(): number {
    return this.#front.length + this.#back.length + (this.#parts.spill?.unread ?? 0)
  }

  get spillBytes(): number {
    return this.#parts.spill?.bytes ?? 0
  }

  get damagedSegments(): number {
    return this.#parts.spill?.damaged ?? 0
  }

  get dropped(): number {
    return this.#dropped
  }

  get spilled(): number {
    return this.#spilled
  }

  offer(record: SinkRecord): void {
    if (this.#isClosed) this.#dropped++
    else if (this.#canPassTheDisk && this.#front.hasRoom(record)) this.#pushFront(record)
    else if (this.#parts.spill === undefined) this.#squeeze(this.#front, this.#held, record)
    else if (this.#back.hasRoom(record)) this.#pushBack(record)
    else this.#squeeze(this.#back, this.#writing, record)
  }

  /** The first items, up to `limit` and about `bytes`, at least one if there is any; they stay until settled. */
  head(limit: number, bytes: number): SinkRecord[] {
    const records: SinkRecord[] = []
    let total = 0
    while (records.length < Math.min(limit, this.#front.length)) {
      const { record } = this.#front.at(records.length)
      total += record.line.length
      if (records.length > 0 && total > bytes) break
      records.push(record)
    }
    this.#held = records.length
    return records
  }

  /** The first `count` items are done with. */
  settle(count: number): void {
    for (let left = count; left > 0; left--) {
      const { segment } = this.#front.shift()
      this.#parts.spill?.settle(segment)
    }
    this.#held = Math.max(0, this.#held - count)
    this.#wake()
  }

  /** Resolves when all that was offered so far is on disk (or settled, or dropped). Without a disk at once. */
  async park(): Promise<void> {
    const { spill } = this.#parts
    await this.#whenIdle()
    if (spill === undefined || this.#isClosed) return
    const parking = this.#parkAll(spill)
    this.#working = parking.catch(() => undefined).finally(() => (this.#working = undefined))
    try {
      await parking
    } finally {
      await this.#whenIdle()
      this.#wake()
    }
  }

  /** Keeps on disk what waits; without a disk it is dropped. Nothing is taken from now on. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelRetry?.()
    const { spill } = this.#parts
    if (spill === undefined) return this.#dropFront()
    await this.#whenIdle()
    try {
      await this.#parkAll(spill)
      await spill.close()
    } catch (error) {
      this.#parts.onFault(error)
    }
    const unsafe = this.#frontItems().filter(({ segment }) => !spill.isOnDisk(segment))
    this.#dropped += this.#back.length + unsafe.length
  }

  /** Only while nothing older is on disk or on its way there. */
  get #canPassTheDisk(): boolean {
    const { spill } = this.#parts
    return spill === undefined || (spill.unread === 0 && this.#back.length === 0)
  }

  #pushFront(record: SinkRecord): void {
    this.#front.push({ record, segment: this.#parts.spill?.place() ?? 0 })
    this.#parts.onReady()
  }

  #pushBack(record: SinkRecord): void {
    this.#back.push(record)
    this.#wake()
  }

  #squeeze(shelf: Shelf<Placed> | Shelf<SinkRecord>, held: number, record: SinkRecord): void {
    const { whenFull } = this.#parts.options
    while (whenFull === 'drop-oldest' && shelf.length > held && !shelf.hasRoom(record)) {
      shelf.removeAt(held)
      this.#dropped++
    }
    if (!shelf.hasRoom(record)) this.#dropped++
    else if (this.#parts.spill === undefined) this.#pushFront(record)
    else this.#pushBack(record)
  }

  #dropFront(): void {
    this.#dropped += this.#front.length
    while (this.#front.length > 0) this.#front.shift()
  }

  #wake(): void {
    const { spill } = this.#parts
    this.#isMore = true
    if (spill === undefined || this.#isClosed || this.#working !== undefined) return
    this.#working = this.#work(spill)
      .catch((error: unknown) => this.#retryLater(error))
      .finally(() => (this.#working = undefined))
  }

  async #whenIdle(): Promise<void> {
    while (this.#working !== undefined) await this.#working
  }

  async #work(spill: Spill): Promise<void> {
    // a turn later, so that what is offered in one go is written in one go
    await Promise.resolve()
    while (this.#isMore && !this.#isClosed) {
      this.#isMore = false
      while (!this.#isClosed && ((await this.#empty(spill)) || (await this.#refill(spill))));
      await spill.sweep()
    }
  }

  #retryLater(error: unknown): void {
    this.#parts.onFault(error)
    this.#cancelRetry?.()
    this.#cancelRetry = this.#parts.clock.after(RETRY_MS, () => this.#wake())
  }

  /** Takes some of the back on. False: nothing can be done. */
  async #empty(spill: Spill): Promise<boolean> {
    if (this.#back.length === 0) return false
    if (spill.unread === 0 && this.#front.hasRoom(this.#back.at(0))) {
      this.#pushFront(this.#back.shift())
      return true
    }
    return this.#spill(spill)
  }

  async #spill(spill: Spill): Promise<boolean> {
    const group = this.#group()
    const bytes = group.reduce((sum, { line }) => sum + line.length, 0)
    if (!this.#makeRoom(spill, bytes)) return false
    this.#writing = group.length
    try {
      await spill.append(group)
    } finally {
      this.#writing = 0
    }
    for (let left = group.length; left > 0; left--) this.#back.shift()
    this.#spilled += group.length
    return true
  }

  #makeRoom(spill: Spill, bytes: number): boolean {
    const { spillBytes, whenFull } = this.#parts.options
    while (spill.bytes + bytes > spillBytes) {
      const dropped = whenFull === 'drop-oldest' ? spill.dropOldest() : 0
      if (dropped === 0) return false
      this.#dropped += dropped
    }
    return true
  }

  #group(): SinkRecord[] {
    const group: SinkRecord[] = []
    let bytes = 0
    while (group.length < Math.min(GROUP_ITEMS, this.#back.length) && bytes < GROUP_BYTES) {
      const record = this.#back.at(group.length)
      group.push(record)
      bytes += record.line.length
    }
    return group
  }

  async #refill(spill: Spill): Promise<boolean> {
    if (spill.unread === 0 || !this.#front.isHalfEmpty) return false
    const limit = Math.max(1, Math.min(GROUP_ITEMS, Math.floor(this.#parts.options.items / 4)))
    const placed = await spill.read(limit, this.#parts.options.bytes / 4)
    for (const one of placed) this.#front.push(one)
    if (placed.length > 0) this.#parts.onReady()
    return true
  }

  async #parkAll(spill: Spill): Promise<void> {
    this.#spilled += await spill.park(this.#frontItems())
    while (this.#back.length > 0 && (await this.#spill(spill)));
  }

  #frontItems(): Placed[] {
    return Array.from({ length: this.#front.length }, (_, index) => this.#front.at(index))
  }
}
