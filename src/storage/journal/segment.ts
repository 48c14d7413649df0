import { join } from 'node:path'
import type { Disk, DiskFile } from '../../core/disk.ts'
import { MillraceError } from '../../core/errors.ts'
import { crc32c } from '../../kernels/reference/crc32c.ts'
import * as S from './segment.layout.ts'

/** What a segment's name says. */
export interface SegmentId {
  readonly firstSequence: number
  /** Only rises: of two that begin with the same record, the later one counts. */
  readonly number: number
  readonly run: number
}

/** What its header adds. */
export interface SegmentHeader {
  readonly createdMs: number
  readonly segmentBytes: number
}

/** A segment as it is found in the journal's folder. */
export interface Segment extends SegmentId {
  readonly name: string
  readonly path: string
  /** Undefined: not written yet when the process ended, or damaged. */
  readonly header: SegmentHeader | undefined
}

const NAME = /^(\d{16})-(\d{8})-(\d{6})\.segment$/

/** The journal's folder within a data directory. */
export const journalFolder = (dataDir: string): string => join(dataDir, 'journal')

export function segmentName({ firstSequence, number, run }: SegmentId): string {
  const digits = (value: number, length: number): string => String(value).padStart(length, '0')
  return `${digits(firstSequence, 16)}-${digits(number, 8)}-${digits(run, 6)}.segment`
}

export function parseSegmentName(name: string): SegmentId | undefined {
  const match = NAME.exec(name)
  if (match === null) return undefined
  const [firstSequence, number, run] = match.slice(1).map(Number)
  return { firstSequence, number, run }
}

/** What the sums of a segment go on from. */
export function segmentSeed({ firstSequence, number, run }: SegmentId): number {
  const bytes = new Uint8Array(24)
  const view = new DataView(bytes.buffer)
  ;[firstSequence, number, run].forEach((value, index) => view.setFloat64(8 * index, value, true))
  return crc32c(bytes)
}

export function encodeSegmentHeader(id: SegmentId, { createdMs, segmentBytes }: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(S.SEGMENT_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, S.SEGMENT_MAGIC, true)
  view.setUint32(S.SEGMENT_FORMAT, S.SEGMENT_VERSION, true)
  view.setUint32(S.SEGMENT_RUN, id.run, true)
  view.setFloat64(S.SEGMENT_FIRST_SEQUENCE, id.firstSequence, true)
  view.setFloat64(S.SEGMENT_NUMBER, id.number, true)
  view.setFloat64(S.SEGMENT_CREATED_MS, createdMs, true)
  view.setFloat64(S.SEGMENT_FILE_BYTES, segmentBytes, true)
  view.setUint32(S.SEGMENT_CRC, headerSum(bytes, id), true)
  return bytes
}

/** The header in `file`, or undefined when there is none that belongs to this segment. */
export function readSegmentHeader(file: DiskFile, id: SegmentId): SegmentHeader | undefined {
  const bytes = new Uint8Array(S.SEGMENT_COVERED_END)
  if (file.read(bytes, 0) < bytes.length) return undefined
  const view = new DataView(bytes.buffer)
  if (view.getUint32(0, true) !== S.SEGMENT_MAGIC) return undefined
  if (view.getUint32(S.SEGMENT_CRC, true) !== headerSum(bytes, id)) return undefined
  refuseOtherVersion(view.getUint32(S.SEGMENT_FORMAT, true), file.path)
  return {
    createdMs: view.getFloat64(S.SEGMENT_CREATED_MS, true),
    segmentBytes: view.getFloat64(S.SEGMENT_FILE_BYTES, true),
  }
}

/** The segments in the folder, in order; none when there is no folder. */
export function listSegments(disk: Disk, folder: string): Segment[] {
  if (!disk.exists(folder)) return []
  return disk.list(folder).flatMap((name) => {
    const id = parseSegmentName(name)
    const path = join(folder, name)
    // on a live directory it may have been taken away since
    if (id === undefined || !disk.exists(path)) return []
    const file = disk.open(path, 'read')
    try {
      return [{ ...id, name, path, header: readSegmentHeader(file, id) }]
    } finally {
      file.close()
    }
  })
}

/** The highest number of a process start that the journal knows of; 0 when it knows none. */
export const lastRunOf = (segments: readonly SegmentId[]): number =>
  Math.max(0, ...segments.map(({ run }) => run))

function refuseOtherVersion(version: number, path: string): void {
  if (version === S.SEGMENT_VERSION) return
  const allowed = `this program reads version ${S.SEGMENT_VERSION}`
  throw new MillraceError('storage-damaged', `${path} has format version ${version}; ${allowed}`, { path })
}

function headerSum(bytes: Uint8Array, id: SegmentId): number {
  return crc32c(bytes.subarray(S.SEGMENT_COVERED, S.SEGMENT_COVERED_END), segmentSeed(id))
}
