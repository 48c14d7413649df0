import type { Clock } from '../../core/clock.ts'
import type { Disk } from '../../core/disk.ts'
import { assert, MillraceError } from '../../core/errors.ts'
import type { Checksum, ReadRoom } from './checksum.ts'
import type { Finding } from './findings.ts'
import { quietly } from './quietly.ts'
import { RECORD_ALIGNMENT } from './record.layout.ts'
import { type PendingRecord, recordBytes, SegmentFile } from './segment-file.ts'
import type { IndexedSegment } from './segment-index.ts'
import { type JournalOptions, SegmentStock } from './segment-stock.ts'
import { SEGMENT_HEADER_BYTES } from './segment.layout.ts'
import { lastRunOf, listSegments, type Segment } from './segment.ts'
import { readTail, type Tail } from './tail.ts'

export interface JournalParts {
  readonly disk: Disk
  readonly clock: Clock
  /** Of payloads, where they lie in the ring's memory. */
  readonly checksum: Checksum
  /** For reading the end of the journal at the start. */
  readonly room: ReadRoom
  readonly folder: string
  /** Number of this process start; higher than any in the journal. */
  readonly run: number
  readonly options: JournalOptions
}

/** What was found at the end of the journal when it was opened. */
export interface OpenReport {
  /** The last sequence number in use; 0 for a new journal. */
  readonly lastSequence: number
  /** Records that were written again, because nobody knew whether they were safe. */
  readonly rewritten: number
  /** Records that could be read but don't count, because one before them in the same last writes could not. */
  readonly cut: number
  readonly findings: readonly Finding[]
}

/**
 * The writer of the journal. `append` collects, `commit` writes and makes safe. When a commit fails, the segment is given
 * up and the records stay pending: the next commit writes them to a new segment, with the same sequence numbers. Whoever
 * appends keeps the payloads as they are until the record is durable.
 */
export class Journal {
  readonly report: OpenReport
  readonly #parts: JournalParts
  readonly #stock: SegmentStock
  #segment: SegmentFile | undefined
  #pending: PendingRecord[] = []
  #number = 0
  #next = 1
  #durable = 0

  /** Opens the journal in `folder`, new or as a process left it; throws `storage-failed`, then nothing is open. */
  static open(parts: JournalParts): Journal {
    parts.disk.makeFolder(parts.folder)
    return new Journal(parts)
  }

  private constructor(parts: JournalParts) {
    const { disk, folder, options, run, room } = parts
    assert(options.segmentBytes > SEGMENT_HEADER_BYTES, 'a segment has room for records')
    this.#parts = parts
    const segments = listSegments(disk, folder)
    refuseOldRun(run, segments)
    const tail = readTail(disk, folder, room, segments)
    this.#stock = new SegmentStock(disk, folder, options, segments)
    this.#number = Math.max(0, ...segments.map(({ number }) => number))
    this.#durable = tail.durable
    this.#next = tail.durable + 1
    this.#rewrite(tail)
    const { findings, unproven, cut } = tail
    this.report = { lastSequence: this.#durable, rewritten: unproven.length, cut, findings }
  }

  /** The sequence number that the next record gets. */
  get nextSequence(): number {
    return this.#next
  }

  /** Every record up to this one is safe. */
  get durableSequence(): number {
    return this.#durable
  }

  get hasPending(): boolean {
    return this.#pending.length > 0
  }

  /** What the medium still has for the journal, besides the room that is held. */
  freeBytes(): number {
    return this.#stock.freeBytes()
  }

  /** What can be written to files that are there already: nobody else can use it up. */
  get heldRoomBytes(): number {
    return (this.#segment?.restBytes ?? 0) + this.#stock.spareBytes
  }

  /** Notes whole frames of a ring for the next commit, as a view of the ring. Returns the record's sequence number. */
  append(ring: number, position: number, epochOffsetMs: number, payload: Uint8Array): number {
    assert(payload.length % RECORD_ALIGNMENT === 0, 'a record holds whole frames')
    return this.#append({ run: this.#parts.run, ring, position, epochOffsetMs }, payload)
  }

  /** Writes what is pending and makes it safe; throws `storage-failed` when that is not known to have worked. */
  commit(): void {
    while (this.#pending.length > 0) this.#writeTo(this.#segment ?? this.#beginPending())
  }

  /** Leaves so many bytes of the medium to what else has to be written there. */
  reserve(bytes: number): void {
    this.#stock.reserve(bytes)
  }

  /** Nothing before sequence number `sequence` is needed any more; `maintain` lets go of it, except for `retainBytes`. */
  retire(sequence: number): void {
    this.#stock.retire(sequence)
  }

  /**
   * Work that is done ahead or behind, a little at a time: lets go of a segment, writes up to `bytes` of zeros for the
   * next one. True when nothing is left to do; throws `storage-failed` when there is no room for it.
   */
  maintain(bytes: number): boolean {
    return this.#stock.maintain(bytes)
  }

  segments(): readonly IndexedSegment[] {
    return this.#stock.index.list()
  }

  /** The segment that was being written at a time. */
  segmentAtTime(epochMs: number): Segment | undefined {
    return this.#stock.index.atTime(epochMs)
  }

  segmentAtSequence(sequence: number): Segment | undefined {
    return this.#stock.index.atSequence(sequence)
  }

  /** What is pending is not written. */
  close(): void {
    this.#segment?.close()
    this.#segment = undefined
    this.#stock.close()
  }

  #append(header: Omit<PendingRecord['header'], 'sequence' | 'payloadBytes'>, payload: Uint8Array): number {
    const sequence = this.#next++
    this.#pending.push({ header: { ...header, sequence, payloadBytes: payload.length }, payload })
    return sequence
  }

  #writeTo(segment: SegmentFile): void {
    const count = fitting(this.#pending, segment.restBytes)
    if (count === 0) return this.#seal()
    const batch = this.#pending.slice(0, count)
    try {
      segment.write(batch, this.#durable, this.#parts.clock.epochMs())
    } catch (error) {
      this.#giveUp(segment)
      throw error
    }
    this.#pending = this.#pending.slice(count)
    this.#durable = batch[count - 1].header.sequence
    if (segment.isNew) this.#stock.dropVoid(segment.id)
  }

  /** A new segment for the records from the first pending one on. */
  #beginPending(): SegmentFile {
    const [first] = this.#pending
    return this.#begin(first.header.sequence, recordBytes(first))
  }

  #begin(firstSequence: number, firstBytes: number): SegmentFile {
    const { disk, run, clock, checksum, options } = this.#parts
    const id = { firstSequence, number: ++this.#number, run }
    // one frame may be longer than a segment: it gets one of its own
    const segmentBytes = Math.max(SEGMENT_HEADER_BYTES + firstBytes, options.segmentBytes)
    const header = { createdMs: clock.epochMs(), segmentBytes }
    const path = this.#stock.make(id, header)
    return (this.#segment = new SegmentFile(disk.open(path, 'write'), id, header, checksum))
  }

  #seal(): void {
    this.#segment?.close()
    this.#segment = undefined
    this.#stock.noteFilled()
  }

  #giveUp(segment: SegmentFile): void {
    this.#segment = undefined
    quietly(() => segment.close())
  }

  /**
   * Writes once more what may not be on the medium although it can be read. The numbers begin where what is safe ends, so
   * that the new segment voids the old records, with those that a power cut has left behind a gap.
   */
  #rewrite({ unproven, cut }: Tail): void {
    for (const { header, payload } of unproven) this.#append(header, payload)
    try {
      this.commit()
      if (cut > 0 && unproven.length === 0) this.#begin(this.#next, 0).claim()
    } catch (error) {
      this.close()
      throw error
    }
  }
}

function refuseOldRun(run: number, segments: readonly Segment[]): void {
  const last = lastRunOf(segments)
  if (run > last) return
  throw new MillraceError(
    'storage-damaged',
    `the journal has run ${last} already, so this start cannot be run ${run}`,
    {
      run,
      last,
    },
  )
}

/** How many of the records fit into `bytes`. */
function fitting(records: readonly PendingRecord[], bytes: number): number {
  let used = 0
  const tooMuch = records.findIndex((record) => (used += recordBytes(record)) > bytes)
  return tooMuch < 0 ? records.length : tooMuch
}
