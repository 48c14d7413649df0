import type { Disk } from '../../core/disk.ts'
import type { ReadRoom } from './checksum.ts'
import type { Finding } from './findings.ts'
import { RECORD_HEADER_BYTES } from './record.layout.ts'
import type { RecordHeader } from './record.ts'
import { type FoundRecord, SegmentScan } from './segment-scan.ts'
import { SEGMENT_HEADER_BYTES } from './segment.layout.ts'
import { listSegments, type Segment } from './segment.ts'

/** What is told to be damaged where not even a length can be read. */
const UNKNOWN_BYTES = RECORD_HEADER_BYTES

/** A good record; the payload is valid until the next one is asked for. */
export interface JournalRecord extends RecordHeader {
  readonly segment: string
  readonly offset: number
  readonly payload: Uint8Array
}

export interface JournalReaderParts {
  readonly disk: Disk
  readonly folder: string
  readonly room: ReadRoom
  readonly onFinding: (finding: Finding) => void
  /** Shown every damaged byte, in pieces, before `onFinding` tells of them. */
  readonly onDamagedBytes?: (segment: string, offset: number, bytes: Uint8Array) => void
}

interface Part {
  readonly segment: Segment
  /** It is void from this sequence number on. */
  readonly limit: number
  /** It should hold what there is below this one; Infinity = it is the last. */
  readonly until: number
}

/**
 * All good records of the journal in the order of their sequence numbers, each once, over all segments, with bounded
 * memory. Damage is told and passed, never thrown. The journal may be written meanwhile: what is there when a segment is
 * reached is what is read.
 */
export class JournalReader {
  readonly #parts: JournalReaderParts
  /** Damage that a later record may prove to have been safe once. */
  #undecided: { finding: Finding & { kind: 'damaged' }; sequence: number }[] = []
  #expected = 0

  constructor(parts: JournalReaderParts) {
    this.#parts = parts
  }

  /** The sequence number behind the last record that was read. */
  get nextSequence(): number {
    return this.#expected
  }

  /** The records from sequence number `from` on; 0 = all there are. */
  *records(from: number): Generator<JournalRecord, void, undefined> {
    const parts = partsFrom(listSegments(this.#parts.disk, this.#parts.folder), from)
    this.#expected = firstExpected(parts, from)
    for (const part of parts) yield* this.#recordsOf(part, from)
    this.#decide(-1, true)
  }

  *#recordsOf(part: Part, from: number): Generator<JournalRecord, void, undefined> {
    const { disk, room } = this.#parts
    const { segment, limit } = part
    this.#noteMissing(part, segment.firstSequence, SEGMENT_HEADER_BYTES)
    if (segment.header === undefined) this.#tell({ kind: 'header', segment: segment.name, offset: 0 })
    if (limit <= segment.firstSequence) return this.#tellVoid(part, SEGMENT_HEADER_BYTES)
    if (!disk.exists(segment.path)) return
    const file = disk.open(segment.path, 'read')
    try {
      const scan = new SegmentScan(file, segment, room)
      for (const found of this.#goodRecords(scan, part))
        if (found.sequence >= from) yield { ...found, segment: segment.name, payload: scan.payload(found) }
    } finally {
      file.close()
    }
  }

  /** In order, each sequence number once. */
  *#goodRecords(scan: SegmentScan, part: Part): Generator<FoundRecord, void, undefined> {
    let offset = SEGMENT_HEADER_BYTES
    while (this.#expected < part.limit) {
      const found = scan.at(offset)
      if (!found?.isWhole || found.sequence >= part.limit) {
        const next = this.#passDamage(scan, part, offset, found)
        if (next === undefined) return
        offset = next
        continue
      }
      offset += RECORD_HEADER_BYTES + found.payloadBytes
      if (found.sequence < this.#expected) continue
      this.#noteMissing(part, found.sequence, found.offset)
      this.#decide(found.durable, false)
      this.#expected = found.sequence + 1
      yield found
    }
    if (part.limit !== Infinity && scan.at(offset)?.isWhole) this.#tellVoid(part, offset)
  }

  /** Where to go on behind what is no record; undefined when nothing good follows in this segment. */
  #passDamage(
    scan: SegmentScan,
    part: Part,
    offset: number,
    bad: FoundRecord | undefined,
  ): number | undefined {
    const next = scan.next(offset + 32, this.#expected, part.limit)
    if (next !== undefined) {
      this.#noteDamage(scan, part, offset, next.offset - offset)
      return next.offset
    }
    const { name, path } = part.segment
    const claimed = bad === undefined ? UNKNOWN_BYTES : RECORD_HEADER_BYTES + bad.payloadBytes
    const bytes = Math.min(claimed, scan.fileBytes - offset)
    if (part.until !== Infinity) {
      // a segment that has been recycled while it was read is not damaged
      const isLacking = this.#expected < part.until && this.#parts.disk.exists(path)
      if (isLacking) this.#noteDamage(scan, part, offset, bytes)
    } else if (bad?.sequence === this.#expected)
      this.#tell({ kind: 'torn', segment: name, offset, bytes, sequence: bad.sequence })
    return undefined
  }

  #noteDamage(scan: SegmentScan, { segment: { name } }: Part, offset: number, bytes: number): void {
    if (bytes <= 0) return
    const { onDamagedBytes } = this.#parts
    if (onDamagedBytes !== undefined)
      scan.pieces(offset, bytes, (piece, at) => onDamagedBytes(name, at, piece))
    const finding = { kind: 'damaged', segment: name, offset, bytes, acknowledged: false } as const
    this.#undecided.push({ finding, sequence: this.#expected })
  }

  #noteMissing({ segment }: Part, sequence: number, offset: number): void {
    if (sequence <= this.#expected) return
    this.#tell({ kind: 'missing', segment: segment.name, offset, from: this.#expected, to: sequence - 1 })
    this.#expected = sequence
  }

  /** Tells of damage that is now known to have been safe, or at the end of what is left. */
  #decide(durable: number, isEnd: boolean): void {
    if (this.#undecided.length === 0) return
    const decided = this.#undecided.filter(({ sequence }) => isEnd || sequence <= durable)
    this.#undecided = this.#undecided.filter((one) => !decided.includes(one))
    for (const { finding, sequence } of decided) this.#tell({ ...finding, acknowledged: sequence <= durable })
  }

  #tellVoid({ segment, limit }: Part, offset: number): void {
    this.#tell({ kind: 'void', segment: segment.name, offset, fromSequence: limit })
  }

  #tell(finding: Finding): void {
    this.#parts.onFinding(finding)
  }
}

/** The segments that may hold records from `from` on. Those with a header void what older ones hold from theirs on. */
function partsFrom(segments: readonly Segment[], from: number): Part[] {
  const lowest = (some: readonly Segment[]): number =>
    Math.min(Infinity, ...some.map(({ firstSequence }) => firstSequence))
  const first = segments.findLastIndex(({ header, firstSequence }) => header && firstSequence <= from)
  return segments
    .map((segment, index) => {
      const later = segments.slice(index + 1)
      const limit = lowest(later.filter(({ header }) => header !== undefined))
      return { segment, limit, until: lowest(later) }
    })
    .slice(Math.max(0, first))
}

/** 0 asks for what there is; any other number that is no longer there is missing. */
function firstExpected(parts: readonly Part[], from: number): number {
  if (parts.length === 0) return from
  const { firstSequence } = parts[0].segment
  return from === 0 ? firstSequence : Math.min(from, firstSequence)
}
