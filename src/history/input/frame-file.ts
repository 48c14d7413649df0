import type { Disk, DiskFile } from '../../core/disk.ts'
import { MillraceError } from '../../core/errors.ts'
import { type Chunk, CHUNK_BYTES, type Input } from './chunk.ts'

const PREFIX_BYTES = 4
const MIN_FRAME_BYTES = 16
const MAX_FRAME_BYTES = 64 << 20

/** Frames of the wire protocol, each behind its length (u32, little endian). */
export function frameFile(disk: Disk, path: string): Input {
  const file = disk.open(path, 'read')
  const bytes = file.bytes()
  file.close()
  const chunks = (): Generator<Chunk> => ranges(disk, path, bytes)
  return { name: path, format: { kind: 'frames' }, unit: 'frame', first: 1, bytes, chunks }
}

/** Whole frames; only their lengths are read here. */
function* ranges(disk: Disk, path: string, bytes: number): Generator<Chunk> {
  const file = disk.open(path, 'read')
  try {
    let from = 0
    for (let at = 0; at < bytes;) {
      at += PREFIX_BYTES + lengthAt(file, at, bytes)
      if (at - from < CHUNK_BYTES && at < bytes) continue
      yield { kind: 'bytes', path, from, to: at }
      from = at
    }
  } finally {
    file.close()
  }
}

const prefix = new Uint8Array(PREFIX_BYTES)

function lengthAt(file: DiskFile, at: number, bytes: number): number {
  const read = file.read(prefix, at)
  const length = new DataView(prefix.buffer).getUint32(0, true)
  if (
    read === PREFIX_BYTES &&
    length >= MIN_FRAME_BYTES &&
    length <= Math.min(MAX_FRAME_BYTES, bytes - at - 4)
  )
    return length
  throw new MillraceError(
    'bad-request',
    `${file.path}: at byte ${at} there must be the length of a frame (u32, ${MIN_FRAME_BYTES} to ${MAX_FRAME_BYTES}, within the file) and the frame`,
  )
}
