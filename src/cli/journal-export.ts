import type { Disk } from '../core/disk.ts'
import type { ReadRoom } from '../storage/journal/checksum.ts'
import { describeFinding } from '../storage/journal/findings.ts'
import { JournalExport } from '../storage/journal/journal-export.ts'
import { JournalReader } from '../storage/journal/journal-reader.ts'
import { isBefore, isBehind, type RecordRange, segmentsOf } from '../storage/journal/journal-survey.ts'

interface ExportParts {
  readonly disk: Disk
  readonly folder: string
  readonly room: ReadRoom
}

const LINES_PER_WRITE = 4096

/** Writes the readings of a range as lines of JSON. All records before it are read too: they name the clients. */
export async function exportReadings(
  parts: ExportParts,
  { from, to }: RecordRange,
  write: (text: string) => Promise<boolean>,
  say: (text: string) => void,
): Promise<void> {
  segmentsOf(parts)
  const reader = new JournalReader({ ...parts, onFinding: (finding) => say(describeFinding(finding)) })
  const readings = new JournalExport()
  let lines: string[] = []
  const flush = async (): Promise<boolean> => {
    const text = lines.length > 0 ? `${lines.join('\n')}\n` : ''
    lines = []
    return text === '' || write(text)
  }
  for (const record of reader.records(0)) {
    if (isBehind(record, to)) break
    if (isBefore(record, from)) {
      readings.pass(record)
      continue
    }
    for (const reading of readings.readings(record)) lines.push(JSON.stringify(reading))
    if (lines.length >= LINES_PER_WRITE && !(await flush())) return
  }
  await flush()
}
