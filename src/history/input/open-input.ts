import { createReadStream, existsSync, statSync } from 'node:fs'
import { createGunzip } from 'node:zlib'
import type { Disk } from '../../core/disk.ts'
import { MillraceError } from '../../core/errors.ts'
import { lookAtDataDirectory } from '../../storage/data-directory/data-directory.ts'
import type { ReadRoom } from '../../storage/journal/checksum.ts'
import type { FormatKind, Input } from './chunk.ts'
import { frameFile } from './frame-file.ts'
import { journalFolder } from './journal-folder.ts'
import { textFile } from './text-file.ts'
import { textStream } from './text-stream.ts'

export interface InputParts {
  readonly disk: Disk
  readonly room: () => Promise<ReadRoom>
  readonly stdin: AsyncIterable<Uint8Array>
  readonly say: (text: string) => void
}

export const FORMAT_KINDS: readonly FormatKind[] = ['ndjson', 'csv', 'frames', 'journal']

const ENDINGS: Readonly<Record<string, FormatKind>> = {
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'ndjson',
  csv: 'csv',
  mrf: 'frames',
}

/** `path` is a file, a data directory, or `-` for standard input; its ending says the format where `asked` doesn't. */
export async function openInput(
  path: string,
  asked: FormatKind | undefined,
  parts: InputParts,
): Promise<Input> {
  if (path !== '-' && !existsSync(path)) throw new MillraceError('not-found', `there is no ${path}`, { path })
  const format = asked ?? formatOf(path)
  switch (format) {
    case 'journal': {
      const { journal } = lookAtDataDirectory(path)
      return journalFolder({ disk: parts.disk, folder: journal, room: await parts.room(), say: parts.say })
    }
    case 'frames':
      return frameFile(parts.disk, path)
    case 'ndjson':
    case 'csv':
      if (path === '-') return textStream('standard input', parts.stdin, format)
      if (path.endsWith('.gz')) return textStream(path, unpacked(path), format)
      return textFile(parts.disk, path, format)
  }
}

function formatOf(path: string): FormatKind {
  if (path === '-') return 'ndjson'
  if (statSync(path).isDirectory()) return 'journal'
  const ending = /\.([a-z]+)(\.gz)?$/.exec(path.toLowerCase())?.[1] ?? ''
  const format = ENDINGS[ending]
  if (format !== undefined) return format
  throw new MillraceError(
    'bad-config',
    `${path}: which format? It ends in none of .${Object.keys(ENDINGS).join(', .')}; say --format ${FORMAT_KINDS.join('|')}`,
  )
}

function unpacked(path: string): AsyncIterable<Uint8Array> {
  const gunzip = createGunzip()
  createReadStream(path)
    .on('error', (error) => gunzip.destroy(error))
    .pipe(gunzip)
  return gunzip
}
