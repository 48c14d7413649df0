import type { Disk } from '../../core/disk.ts'
import { MillraceError } from '../../core/errors.ts'
import type { ReadRoom } from './checksum.ts'
import { type Finding, isDamage } from './findings.ts'
import { JournalReader, type JournalRecord } from './journal-reader.ts'
import { listSegments, type Segment } from './segment.ts'

/** Which records are asked for: by sequence number, or by when they were written (milliseconds since 1970). */
export interface RecordRange {
  readonly from: Bound | undefined
  readonly to: Bound | undefined
}

export type Bound =
  | { readonly kind: 'sequence'; readonly value: number }
  | { readonly kind: 'time'; readonly value: number }

export interface SegmentSurvey {
  readonly name: string
  readonly run: number
  readonly number: number
  readonly firstSequence: number
  /** Null: no good header. */
  readonly createdMs: number | null
  readonly records: number
  readonly lastSequence: number | null
  readonly bytes: number
}

/** What the frames of a ring came to in one run. */
export interface RingSurvey {
  readonly run: number
  readonly ring: number
  readonly fromPosition: number
  readonly toPosition: number
  readonly records: number
  readonly bytes: number
}

export interface JournalSurvey {
  readonly folder: string
  readonly segments: readonly SegmentSurvey[]
  readonly rings: readonly RingSurvey[]
  readonly records: number
  readonly firstSequence: number | null
  readonly lastSequence: number | null
  readonly bytes: number
  readonly findings: readonly Finding[]
  readonly isDamaged: boolean
}

interface SurveyParts {
  readonly disk: Disk
  readonly folder: string
  readonly room: ReadRoom
}

/** Reads the journal (or a range of it) once, and adds up what is in it. Nothing is written. */
export function surveyJournal(parts: SurveyParts, range: RecordRange): JournalSurvey {
  const segments = segmentsOf(parts)
  const findings: Finding[] = []
  const counts = new Map(segments.map(({ name }) => [name, { records: 0, last: 0, bytes: 0 }]))
  const rings = new Map<string, Mutable<RingSurvey>>()
  const total = { records: 0, bytes: 0, first: 0, last: 0 }
  const reader = new JournalReader({ ...parts, onFinding: (finding) => findings.push(finding) })
  for (const record of recordsWithin(reader, segments, range)) {
    const bytes = record.payload.length
    const segment = counts.get(record.segment) ?? { records: 0, last: 0, bytes: 0 }
    counts.set(record.segment, {
      records: segment.records + 1,
      last: record.sequence,
      bytes: segment.bytes + bytes,
    })
    addToRing(rings, record)
    if (total.records++ === 0) total.first = record.sequence
    total.last = record.sequence
    total.bytes += bytes
  }
  const isEmpty = total.records === 0
  return {
    folder: parts.folder,
    segments: segments.map((segment) => surveyOf(segment, counts.get(segment.name))),
    rings: [...rings.values()].sort((a, b) => a.run - b.run || a.ring - b.ring),
    records: total.records,
    firstSequence: isEmpty ? null : total.first,
    lastSequence: isEmpty ? null : total.last,
    bytes: total.bytes,
    findings,
    isDamaged: findings.some(isDamage),
  }
}

/** The segments of a journal that there must be. */
export function segmentsOf({ disk, folder }: Pick<SurveyParts, 'disk' | 'folder'>): Segment[] {
  if (disk.exists(folder)) return listSegments(disk, folder)
  throw new MillraceError('not-found', `there is no journal: ${folder} is not a folder`, { folder })
}

/** The records of a range; reading begins at the segment where the range does. */
export function* recordsWithin(
  reader: JournalReader,
  segments: readonly Segment[],
  { from, to }: RecordRange,
): Generator<JournalRecord, void, undefined> {
  for (const record of reader.records(firstToRead(segments, from))) {
    if (isBefore(record, from)) continue
    if (isBehind(record, to)) return
    yield record
  }
}

export const isBefore = ({ sequence, writtenMs }: JournalRecord, bound: Bound | undefined): boolean =>
  bound !== undefined && (bound.kind === 'sequence' ? sequence : writtenMs) < bound.value

export const isBehind = ({ sequence, writtenMs }: JournalRecord, bound: Bound | undefined): boolean =>
  bound !== undefined && (bound.kind === 'sequence' ? sequence : writtenMs) > bound.value

function firstToRead(segments: readonly Segment[], from: Bound | undefined): number {
  if (from === undefined) return 0
  if (from.kind === 'sequence') return Math.max(from.value, segments[0]?.firstSequence ?? 0)
  const segment = segments.findLast(({ header }) => header !== undefined && header.createdMs <= from.value)
  return segment?.firstSequence ?? 0
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function addToRing(rings: Map<string, Mutable<RingSurvey>>, record: JournalRecord): void {
  const { run, ring, position, payloadBytes } = record
  const key = `${run}/${ring}`
  const entry = rings.get(key) ?? {
    ...{ run, ring, fromPosition: position, toPosition: position, records: 0, bytes: 0 },
  }
  entry.toPosition = position + payloadBytes
  entry.records++
  entry.bytes += payloadBytes
  rings.set(key, entry)
}

function surveyOf(
  { name, run, number, firstSequence, header }: Segment,
  count: { records: number; last: number; bytes: number } | undefined,
): SegmentSurvey {
  const { records, last, bytes } = count ?? { records: 0, last: 0, bytes: 0 }
  const createdMs = header?.createdMs ?? null
  const lastSequence = records > 0 ? last : null
  return { name, run, number, firstSequence, createdMs, records, lastSequence, bytes }
}
