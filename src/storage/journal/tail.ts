import type { Disk } from '../../core/disk.ts'
import type { ReadRoom } from './checksum.ts'
import type { Finding } from './findings.ts'
import { JournalReader } from './journal-reader.ts'
import type { RecordHeader } from './record.ts'
import type { Segment } from './segment.ts'

/** What the end of the journal says at a start. */
export interface Tail {
  /** Every record up to this one was made safe before the process ended. */
  readonly durable: number
  /** Good records behind it, with their payloads: nobody knows whether they are on the medium or only in its cache. */
  readonly unproven: readonly { readonly header: RecordHeader; readonly payload: Uint8Array }[]
  /** Good records behind a gap that a power cut has left in the last writes: they don't count. */
  readonly cut: number
  readonly findings: readonly Finding[]
}

/** Reads the last segments of the journal; at most what one commit has written is kept in memory. */
export function readTail(disk: Disk, folder: string, room: ReadRoom, segments: readonly Segment[]): Tail {
  const findings: Finding[] = []
  const reader = new JournalReader({ disk, folder, room, onFinding: (finding) => findings.push(finding) })
  const newest = segments.findLast(({ header }) => header !== undefined) ?? segments.at(0)
  if (newest === undefined) return { durable: 0, unproven: [], cut: 0, findings }
  let durable = newest.firstSequence - 1
  let unproven: { header: RecordHeader; payload: Uint8Array }[] = []
  for (const { payload, ...header } of reader.records(newest.firstSequence)) {
    if (header.durable > durable) {
      durable = header.durable
      unproven = unproven.filter((one) => one.header.sequence > durable)
    }
    unproven.push({ header, payload: payload.slice() })
  }
  // a record behind a gap may depend on what is lost: the order of a series, or what its names mean
  const following = unproven.filter(({ header }, index) => header.sequence === durable + 1 + index)
  return { durable, unproven: following, cut: unproven.length - following.length, findings }
}
