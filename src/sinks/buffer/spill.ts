/**
 * A sink's items on disk: segments in order of their numbers, each appended to, then read, and removed when all its
 * items are settled (handed on, given up or dropped). So what is being handed on is still on disk, and is there again
 * after a kill. Items that went past the disk have a segment, too, whose number is their place in the order: `park`
 * writes those. One call at a time; settle, drop and ask at any time.
 */
import { join } from 'node:path'
import { pack, type SinkRecord, unpack } from '../record.ts'
import type { SinkDisk, SinkFile } from '../disk.ts'
import { encodeRecords, recordTextAt, segmentName, segmentNumber, survey } from './segment.ts'

/** A record with the segment that it is in. */
export interface Placed {
  readonly record: SinkRecord
  readonly segment: number
}

interface Segment {
  readonly number: number
  /** `memory`: has no file. */
  state: 'memory' | 'file'
  count: number
  /** How many have been read, and how many of them settled. */
  read: number
  settled: number
  /** How many had been settled when it was written: they are not in the file. */
  before: number
  bytes: number
}

/** A segment that is being read, and where its next record is. */
interface Loaded {
  readonly number: number
  readonly bytes: Uint8Array
  at: number
}

const CURSOR = 'cursor.json'

export class Spill {
  readonly #folder: string
  readonly #disk: SinkDisk
  readonly #segmentBytes: number
  readonly #segments: Segment[] = []
  readonly #finished: number[] = []
  #next = 1
  #file: { readonly number: number; readonly file: SinkFile } | undefined
  #loaded: Loaded | undefined
  #damaged = 0

  private constructor(folder: string, disk: SinkDisk, segmentBytes: number) {
    this.#folder = folder
    this.#disk = disk
    this.#segmentBytes = segmentBytes
  }

  /** Takes over what an earlier process has left in the folder. */
  static async open(folder: string, disk: SinkDisk, segmentBytes: number): Promise<Spill> {
    await disk.makeFolder(folder)
    const spill = new Spill(folder, disk, segmentBytes)
    await spill.#takeOver()
    return spill
  }

  /** Items that are only on disk. */
  get unread(): number {
    return this.#segments.reduce((sum, { count, read }) => sum + count - read, 0)
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Segments that ended in something that is no record. */
  get damaged(): number {
    return this.#damaged
  }

  /** A place for an item that goes past the disk, behind all that there is. Only while nothing is unread. */
  place(): number {
    const last = this.#segments.at(-1)
    const segment = last?.state === 'memory' ? last : this.#begin('memory')
    segment.count++
    segment.read++
    return segment.number
  }

  /** Resolves when they are safe. After a failure none of them is taken. */
  async append(records: readonly SinkRecord[]): Promise<void> {
    const bytes = encodeRecords(records.map(pack))
    const segment = this.#openSegment()
    try {
      const file = await this.#fileOf(segment)
      await file.write(bytes, segment.bytes)
      await file.sync()
    } catch (error) {
      // what is torn stays behind the last whole record, in a segment that nothing is added to
      await this.#closeFile().catch(() => undefined)
      if (segment.count === 0) this.#finish(segment)
      throw error
    }
    segment.count += records.length
    segment.bytes += bytes.length
  }

  isOnDisk(number: number): boolean {
    return this.#segments.some((one) => one.number === number && one.state === 'file')
  }

  /** Up to `limit` of the items that are only on disk, oldest first, of about `bytes` together. */
  async read(limit: number, bytes: number): Promise<Placed[]> {
    const segment = this.#segments.find(({ count, read }) => read < count)
    if (segment === undefined) return []
    if (this.#file?.number === segment.number) await this.#closeFile()
    const loaded = await this.#load(segment)
    const placed: Placed[] = []
    const end = loaded.at + bytes
    while (
      placed.length < limit &&
      segment.read < segment.count &&
      (placed.length === 0 || loaded.at < end)
    ) {
      const found = recordTextAt(loaded.bytes, loaded.at)
      if (found === undefined) return this.#lose(segment, placed)
      loaded.at = found.next
      segment.read++
      placed.push({ record: unpack(found.text), segment: segment.number })
    }
    if (segment.read === segment.count) this.#loaded = undefined
    return placed
  }

  /** An item of the segment is done with. */
  settle(number: number): void {
    const segment = this.#segments.find((one) => one.number === number)
    if (segment === undefined) return
    segment.settled++
    if (segment.settled === segment.count && this.#file?.number !== number) this.#finish(segment)
  }

  /** Drops what is unread of the oldest segment that has some; returns how many items that was. */
  dropOldest(): number {
    const segment = this.#segments.find(({ count, read }) => read < count)
    if (segment === undefined) return 0
    const dropped = segment.count - segment.read
    segment.count = segment.read
    segment.bytes = 0
    if (this.#loaded?.number === segment.number) this.#loaded = undefined
    if (segment.settled === segment.count) this.#finish(segment)
    return dropped
  }

  /** Removes the files of what is settled. */
  async sweep(): Promise<void> {
    while (this.#finished.length > 0) {
      const number = this.#finished[0]
      if (this.#file?.number === number) await this.#closeFile()
      await this.#disk.remove(this.#path(number))
      this.#finished.shift()
    }
  }

  /** Writes what has no file yet; `waiting` = all that was read or placed and isn't settled, in order. */
  async park(waiting: readonly Placed[]): Promise<number> {
    let parked = 0
    for (const segment of this.#segments.filter(({ state }) => state === 'memory')) {
      const mine = waiting.filter((placed) => placed.segment === segment.number)
      if (mine.length > 0) await this.#write(segment, mine)
      parked += mine.length
    }
    if (parked > 0) await this.#disk.syncFolder(this.#folder)
    return parked
  }

  /** Notes how far the first segment is, so that the next process doesn't repeat it. */
  async close(): Promise<void> {
    await this.#closeFile()
    await this.sweep()
    const first = this.#segments.find(({ state }) => state === 'file')
    const cursor = first === undefined ? {} : { segment: first.number, settled: first.settled - first.before }
    const path = join(this.#folder, CURSOR)
    const file = await this.#disk.open(`${path}.new`)
    await file.truncate(0)
    await file.write(Buffer.from(JSON.stringify({ ...cursor, next: this.#next })), 0)
    await file.sync()
    await file.close()
    await this.#disk.rename(`${path}.new`, path)
    await this.#disk.syncFolder(this.#folder)
  }

  async #takeOver(): Promise<void> {
    const cursor = await this.#readCursor()
    for (const name of await this.#disk.list(this.#folder)) {
      const number = segmentNumber(name)
      if (number === undefined) continue
      const bytes = await this.#disk.read(join(this.#folder, name))
      const { count, end } = survey(bytes)
      if (end < bytes.length) this.#damaged++
      const done = cursor.segment === number ? Math.min(count, cursor.settled ?? 0) : 0
      const segment = { number, state: 'file' as const, count, read: 0, settled: done, before: 0, bytes: end }
      this.#segments.push(segment)
      this.#skip(segment, bytes, done)
    }
    this.#next = Math.max(this.#next, cursor.next ?? 0, (this.#segments.at(-1)?.number ?? 0) + 1)
    for (const segment of this.#segments.filter(({ settled, count }) => settled === count))
      this.#finish(segment)
  }

  #skip(segment: Segment, bytes: Uint8Array, done: number): void {
    if (done === 0) return
    let at = 0
    for (; segment.read < done; segment.read++) at = recordTextAt(bytes, at)?.next ?? at
    this.#loaded = { number: segment.number, bytes, at }
  }

  async #readCursor(): Promise<{ segment?: number; settled?: number; next?: number }> {
    const path = join(this.#folder, CURSOR)
    if (!(await this.#disk.exists(path))) return {}
    try {
      return JSON.parse(Buffer.from(await this.#disk.read(path)).toString()) as { segment?: number }
    } catch (error) {
      // without it more is repeated, nothing is lost
      if (error instanceof SyntaxError) return {}
      throw error
    }
  }

  #begin(state: Segment['state']): Segment {
    const segment = { number: this.#next++, state, count: 0, read: 0, settled: 0, before: 0, bytes: 0 }
    this.#segments.push(segment)
    return segment
  }

  #openSegment(): Segment {
    const last = this.#segments.at(-1)
    const isOpen = last !== undefined && last.number === this.#file?.number && last.bytes < this.#segmentBytes
    return isOpen ? last : this.#begin('file')
  }

  async #fileOf(segment: Segment): Promise<SinkFile> {
    if (this.#file?.number === segment.number) return this.#file.file
    await this.#closeFile()
    const file = await this.#disk.open(this.#path(segment.number))
    this.#file = { number: segment.number, file }
    await this.#disk.syncFolder(this.#folder)
    return file
  }

  async #closeFile(): Promise<void> {
    const open = this.#file
    this.#file = undefined
    await open?.file.close()
  }

  async #load(segment: Segment): Promise<Loaded> {
    if (this.#loaded?.number === segment.number) return this.#loaded
    const bytes = await this.#disk.read(this.#path(segment.number))
    let at = 0
    for (let read = 0; read < segment.read; read++) at = recordTextAt(bytes, at)?.next ?? at
    return (this.#loaded = { number: segment.number, bytes, at })
  }

  #lose(segment: Segment, placed: Placed[]): Placed[] {
    this.#damaged++
    segment.count = segment.read
    this.#loaded = undefined
    if (segment.settled === segment.count) this.#finish(segment)
    return placed
  }

  async #write(segment: Segment, placed: readonly Placed[]): Promise<void> {
    const bytes = encodeRecords(placed.map(({ record }) => pack(record)))
    const file = await this.#disk.open(this.#path(segment.number))
    try {
      await file.truncate(0)
      await file.write(bytes, 0)
      await file.sync()
    } finally {
      await file.close()
    }
    segment.before = segment.count - placed.length
    segment.state = 'file'
    segment.bytes = bytes.length
    // all of it may have been settled meanwhile
    if (!this.#segments.includes(segment)) this.#finished.push(segment.number)
  }

  #finish(segment: Segment): void {
    const hasFile = segment.state === 'file'
    this.#forget(segment)
    if (hasFile) this.#finished.push(segment.number)
  }

  #forget(segment: Segment): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1)
  }

  #path = (number: number): string => join(this.#folder, segmentName(number))
}
