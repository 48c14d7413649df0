import { join } from 'node:path'
import type { Disk } from '../../core/disk.ts'
import { quietly } from './quietly.ts'
import { type IndexedSegment, SegmentIndex } from './segment-index.ts'
import { type Segment, type SegmentHeader, type SegmentId, segmentName } from './segment.ts'
import { SpareSegments } from './spare-segments.ts'

export interface JournalOptions {
  /** Length of a segment's file. */
  readonly segmentBytes: number
  /** Of the segments that recovery doesn't need any more, what is kept. */
  readonly retainBytes: number
}

/**
 * The files of the journal: which segments there are, room for those to come, and what is let go of. New room is only
 * taken where what else belongs in the data directory keeps its own (`reserve`): a journal that took all of it would leave
 * none for the checkpoint by which it can let go of anything.
 */
export class SegmentStock {
  readonly #disk: Disk
  readonly #folder: string
  readonly #options: JournalOptions
  readonly #index = new SegmentIndex()
  readonly #spares: SpareSegments
  /** Nothing before it is needed. */
  #neededFrom = 0
  #filledSinceRetire = 0
  #sparesWanted = 2
  #reservedBytes = 0

  constructor(disk: Disk, folder: string, options: JournalOptions, segments: readonly Segment[]) {
    this.#disk = disk
    this.#folder = folder
    this.#options = options
    this.#spares = new SpareSegments(disk, folder, options.segmentBytes)
    for (const segment of segments) this.#index.add(segment, fileBytes(disk, segment.path))
  }

  get index(): Pick<SegmentIndex, 'list' | 'atTime' | 'atSequence'> {
    return this.#index
  }

  /** What the medium has for the journal, besides the room that it holds. */
  freeBytes(): number {
    return Math.max(0, this.#disk.freeBytes(this.#folder) - this.#reservedBytes)
  }

  /** In files that are there already: nobody else can use it up. */
  get spareBytes(): number {
    return this.#spares.readyCount * this.#options.segmentBytes
  }

  /** So many bytes of the medium are left to others. */
  reserve(bytes: number): void {
    this.#reservedBytes = bytes
  }

  /** The file of a new segment; one that is to be longer than segments are has no room of its own yet. */
  make(id: SegmentId, header: SegmentHeader): string {
    const name = segmentName(id)
    const path = join(this.#folder, name)
    if (header.segmentBytes > this.#options.segmentBytes) this.#disk.open(path, 'create').close()
    else this.#useSpare(path)
    this.#index.add({ ...id, name, path, header }, header.segmentBytes)
    this.#disk.syncFolder(this.#folder)
    return path
  }

  noteFilled(): void {
    this.#filledSinceRetire++
  }

  /** Nothing before sequence number `sequence` is needed any more. */
  retire(sequence: number): void {
    if (sequence <= this.#neededFrom) return
    this.#neededFrom = sequence
    // so many were filled since the last time, and so many will be again; one more is made ready beforehand
    this.#sparesWanted = Math.max(1, this.#filledSinceRetire) + 1
    this.#filledSinceRetire = 0
  }

  /** A step: lets go of a segment, or writes zeros for the next one. True when nothing is left to do. */
  maintain(bytes: number): boolean {
    const [unneeded] = this.#index.before(this.#neededFrom)
    if (unneeded !== undefined && (this.#isTooMuchKept() || this.#isShortOfRoom())) {
      this.#letGo(unneeded)
      return false
    }
    return this.#spares.prepare(bytes, this.#reservedBytes)
  }

  /** Segments that were given up before anything in them was safe, now that their records are safe in this one. */
  dropVoid({ number, firstSequence }: SegmentId): void {
    const isVoid = (one: Segment): boolean => one.number < number && one.firstSequence >= firstSequence
    for (const one of this.#index.list().filter(isVoid)) quietly(() => this.#letGo(one))
  }

  close(): void {
    this.#spares.close()
  }

  #useSpare(path: string): void {
    const spare = this.#spares.take()
    try {
      this.#disk.rename(spare, path)
    } catch (error) {
      this.#spares.putBack(spare)
      throw error
    }
  }

  #isTooMuchKept(): boolean {
    const kept = this.#index.before(this.#neededFrom).reduce((sum, { bytes }) => sum + bytes, 0)
    return kept > this.#options.retainBytes
  }

  /** On a medium that is nearly full, what is only kept for people to look at is used again. */
  #isShortOfRoom(): boolean {
    return this.#spares.readyCount === 0 && this.freeBytes() < 2 * this.#options.segmentBytes
  }

  #letGo(segment: IndexedSegment): void {
    const { segmentBytes } = this.#options
    const isReusable = segment.bytes === segmentBytes && this.#spares.readyCount < this.#sparesWanted
    if (isReusable) this.#spares.recycle(segment.path)
    else this.#disk.remove(segment.path)
    this.#index.remove(segment)
  }
}

function fileBytes(disk: Disk, path: string): number {
  const file = disk.open(path, 'read')
  try {
    return file.bytes()
  } finally {
    file.close()
  }
}
