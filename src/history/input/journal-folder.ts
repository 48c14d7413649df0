import type { Disk } from '../../core/disk.ts'
import type { ReadRoom } from '../../storage/journal/checksum.ts'
import { describeFinding } from '../../storage/journal/findings.ts'
import { JournalReader } from '../../storage/journal/journal-reader.ts'
import { segmentsOf } from '../../storage/journal/journal-survey.ts'
import { RECORD_HEAD_BYTES } from '../scan/journal-scanner.ts'
import { type Chunk, CHUNK_BYTES, type Input } from './chunk.ts'

export interface JournalParts {
  readonly disk: Disk
  /** Of the journal itself, within the data directory. */
  readonly folder: string
  readonly room: ReadRoom
  readonly say: (text: string) => void
}

/** The records of a data directory's journal, which may be in use. Sums are checked here; damage is told and passed. */
export function journalFolder(parts: JournalParts): Input {
  segmentsOf(parts)
  const chunks = (): Generator<Chunk> => records(parts)
  return { name: parts.folder, format: { kind: 'journal' }, unit: 'record', first: 1, bytes: 0, chunks }
}

function* records({ disk, folder, room, say }: JournalParts): Generator<Chunk> {
  const reader = new JournalReader({
    disk,
    folder,
    room,
    onFinding: (finding) => say(describeFinding(finding)),
  })
  let bytes = new Uint8Array(CHUNK_BYTES)
  let filled = 0
  const cut = (): Chunk => ({ kind: 'given', bytes: bytes.slice(0, filled) })
  for (const { payload, epochOffsetMs } of reader.records(0)) {
    const length = RECORD_HEAD_BYTES + payload.length
    if (filled > 0 && filled + length > CHUNK_BYTES) {
      yield cut()
      filled = 0
    }
    if (length > bytes.length) bytes = new Uint8Array(length)
    const head = new DataView(bytes.buffer, filled)
    head.setFloat64(0, epochOffsetMs, true)
    head.setUint32(8, payload.length, true)
    bytes.set(payload, filled + RECORD_HEAD_BYTES)
    filled += length
  }
  if (filled > 0) yield cut()
}
