import type { Disk } from '../../core/disk.ts'
import { MillraceError } from '../../core/errors.ts'
import { csvCells } from '../scan/csv-cells.ts'
import { type Chunk, CHUNK_BYTES, type Format, type Input } from './chunk.ts'
import { linesInRange } from './lines-in-range.ts'

/** A file of lines: threads read parts of it by themselves. */
export function textFile(disk: Disk, path: string, kind: 'ndjson' | 'csv'): Input {
  const file = disk.open(path, 'read')
  try {
    const bytes = file.bytes()
    const header = kind === 'csv' ? linesInRange(file, 0, Math.min(1, bytes), new Uint8Array(0)) : undefined
    const start = header?.to ?? 0
    const format: Format =
      header === undefined
        ? { kind: 'ndjson' }
        : { kind: 'csv', columns: headerColumns(path, header.bytes.subarray(0, header.to)) }
    const first = header === undefined ? 1 : 2
    return { name: path, format, unit: 'line', first, bytes, chunks: () => ranges(path, start, bytes) }
  } finally {
    file.close()
  }
}

function* ranges(path: string, start: number, end: number): Generator<Chunk> {
  for (let from = start; from < end; from += CHUNK_BYTES)
    yield { kind: 'lines', path, from, to: Math.min(end, from + CHUNK_BYTES) }
}

export function headerColumns(name: string, line: Uint8Array): string[] {
  const text = new TextDecoder().decode(line).replace(/\r?\n$/, '')
  const columns = csvCells(text)?.map((column) => column.trim())
  if (columns === undefined || text.trim() === '')
    throw new MillraceError('bad-config', `${name}: the first line must name the columns`)
  return columns
}
