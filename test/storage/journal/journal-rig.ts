import type { Clock } from '../../../src/core/clock.ts'
import { crc32c } from '../../../src/kernels/reference/crc32c.ts'
import { plainRoom } from '../../../src/storage/journal/checksum.ts'
import type { Finding } from '../../../src/storage/journal/findings.ts'
import { JournalReader } from '../../../src/storage/journal/journal-reader.ts'
import { Journal } from '../../../src/storage/journal/journal.ts'
import type { JournalOptions } from '../../../src/storage/journal/segment-stock.ts'
import type { MemoryDisk } from './memory-disk.ts'

export const FOLDER = '/journal'
export const SEGMENT_BYTES = 8192

/** Time that passes when told to. */
export class ManualClock implements Clock {
  now = 1000
  epochOffset = 1_767_000_000_000
  nowMs = (): number => this.now
  epochMs = (): number => this.now + this.epochOffset
  every = (): (() => void) => () => undefined
  after = (): (() => void) => () => undefined
}

export function openJournal(
  disk: MemoryDisk,
  run = 1,
  options: Partial<JournalOptions> = {},
  clock = new ManualClock(),
): Journal {
  return Journal.open({
    ...{ disk, clock, checksum: crc32c, room: plainRoom(), folder: FOLDER, run },
    options: { segmentBytes: SEGMENT_BYTES, retainBytes: 0, ...options },
  })
}

/** Whole-frame-like bytes that say which ones they are. */
export const payload = (value: number, bytes = 96): Uint8Array => new Uint8Array(bytes).fill(value & 0xff)

export interface ReadBack {
  readonly records: { sequence: number; run: number; ring: number; position: number; payload: Uint8Array }[]
  readonly findings: Finding[]
  readonly quarantined: { segment: string; offset: number; bytes: number }[]
}

/** All that a reader sees. */
export function readJournal(disk: MemoryDisk, from = 0): ReadBack {
  const findings: Finding[] = []
  const quarantined: ReadBack['quarantined'] = []
  const reader = new JournalReader({
    ...{ disk, folder: FOLDER, room: plainRoom() },
    onFinding: (finding) => findings.push(finding),
    onDamagedBytes: (segment, offset, bytes) => quarantined.push({ segment, offset, bytes: bytes.length }),
  })
  const records: ReadBack['records'] = []
  for (const { sequence, run, ring, position, payload: bytes } of reader.records(from))
    records.push({ sequence, run, ring, position, payload: bytes.slice() })
  return { records, findings, quarantined }
}
