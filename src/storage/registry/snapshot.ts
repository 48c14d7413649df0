/**
 * The registry as bytes for a checkpoint: a header, chunks, and an end that counts them. Each part has its length and the
 * check of a chunk in the database, so that a snapshot that was cut short or changed is not taken for a whole one.
 */
import { MillraceError } from '../../core/errors.ts'
import type { RegistryContent } from './change.ts'
import { openValue, sealValue } from './sealed-value.ts'
import { Shelves } from './shelves.ts'

const MAGIC = 'MRREG\u0001\r\n'
const END_KEY = 'end'
const PIECE_BYTES = 64 * 1024
/** key length, value length; then key and value. */
const PART_HEADER_BYTES = 8

export function* writeSnapshot(shelves: Shelves): IterableIterator<Uint8Array> {
  let piece: Uint8Array[] = [Buffer.from(MAGIC)]
  let bytes = 0
  let chunks = 0
  for (const key of shelves.keys()) {
    const part = partOf(key, shelves.encode(key))
    piece.push(part)
    bytes += part.length
    chunks++
    if (bytes < PIECE_BYTES) continue
    yield Buffer.concat(piece)
    piece = []
    bytes = 0
  }
  piece.push(partOf(END_KEY, JSON.stringify({ chunks })))
  yield Buffer.concat(piece)
}

/** The content of a whole snapshot. Throws `storage-damaged` if it is not what was written. */
export function readSnapshot(bytes: Uint8Array): RegistryContent {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (!all.subarray(0, MAGIC.length).equals(Buffer.from(MAGIC))) throw damaged('it does not begin as one')
  const shelves = new Shelves()
  let chunks = 0
  let at = MAGIC.length
  while (at < all.length) {
    const { key, text, next } = readPart(all, at)
    at = next
    if (key === END_KEY) {
      const expected = (JSON.parse(text) as { readonly chunks: number }).chunks
      if (expected !== chunks || at !== all.length) throw damaged(`it has ${chunks} of ${expected} chunks`)
      shelves.restored()
      return shelves
    }
    shelves.restore(key, text)
    chunks++
  }
  throw damaged('it has no end')
}

function partOf(key: string, text: string): Buffer {
  const { bytes } = sealValue(key, text)
  const header = Buffer.alloc(PART_HEADER_BYTES)
  header.writeUInt32LE(key.length, 0)
  header.writeUInt32LE(bytes.length, 4)
  return Buffer.concat([header, Buffer.from(key), bytes])
}

function readPart(
  all: Buffer,
  at: number,
): { readonly key: string; readonly text: string; readonly next: number } {
  if (at + PART_HEADER_BYTES > all.length) throw damaged(`it is cut short at byte ${at}`)
  const keyEnd = at + PART_HEADER_BYTES + all.readUInt32LE(at)
  const next = keyEnd + all.readUInt32LE(at + 4)
  if (next > all.length) throw damaged(`it is cut short at byte ${at}`)
  const key = all.toString('latin1', at + PART_HEADER_BYTES, keyEnd)
  const opened = openValue(key, all.subarray(keyEnd, next))
  if (opened === undefined) throw damaged(`the part at byte ${at} is not what was written`)
  return { key, text: opened.text, next }
}

const damaged = (reason: string): MillraceError =>
  new MillraceError('storage-damaged', `the snapshot of the registry is damaged: ${reason}`, { reason })
