import { CHUNK_ENTRY_BYTES } from '../../memory/layout/capture.layout.ts'
import { ROW_BYTES, WINDOW_ROW_BYTES } from '../../memory/layout/series.layout.ts'
import type { Checksum } from '../journal/checksum.ts'
import type { CapturedShard } from './shard-capture.ts'

/*
 * A shard in a checkpoint's data file: a header of 64 bytes (u32 words), then the parts that it gives the lengths of.
 *
 *   magic · version · shard · chunks · rows · stateBytes · lanesBytes · 0 … · bodyCrc (56) · headerCrc (60)
 *   table (chunk, rows: u32 each) · rows · windows · state · lanes (see waiting-entries.ts)
 *
 * Rows of a chunk lie together, in the order of the table. The state and the lanes are whole in every section, so those of
 * the latest count; of the chunks, each section has what had changed since the one before.
 */
const MAGIC = 0x4853524d
const VERSION = 1
const HEADER_BYTES = 64
const BODY_CRC = 56
const HEADER_CRC = 60

/** A section as it was written, its parts found and its sums right. */
export interface ShardSection {
  readonly shard: number
  readonly rowCount: number
  /** Pairs of chunk and rows. */
  readonly table: Uint32Array
  readonly rows: Uint8Array
  readonly windows: Uint8Array
  readonly state: Uint8Array
  readonly lanes: Uint8Array
}

/** The section's parts, to be written one behind the other. */
export function sectionOf(captured: CapturedShard, checksum: Checksum): Uint8Array[] {
  const { shard, chunks, rowCount, table, rows, windows, state, lanes } = captured
  const body = [table, rows, windows, state, lanes]
  const header = new DataView(new ArrayBuffer(HEADER_BYTES))
  const words = [MAGIC, VERSION, shard, chunks, rowCount, state.length, lanes.length]
  words.forEach((word, index) => header.setUint32(4 * index, word, true))
  header.setUint32(
    BODY_CRC,
    body.reduce((crc, part) => checksum(part, crc), 0),
    true,
  )
  header.setUint32(HEADER_CRC, checksum(new Uint8Array(header.buffer, 0, HEADER_CRC), 0), true)
  return [new Uint8Array(header.buffer), ...body]
}

/** What is wrong with the bytes, or the section that they are. */
export function parseSection(bytes: Uint8Array, shard: number, checksum: Checksum): ShardSection | string {
  if (bytes.length < HEADER_BYTES) return 'shorter than its header'
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES)
  const word = (index: number): number => header.getUint32(4 * index, true)
  if (checksum(bytes.subarray(0, HEADER_CRC), 0) !== header.getUint32(HEADER_CRC, true))
    return 'bad header sum'
  if (word(0) !== MAGIC) return 'not a shard'
  if (word(1) !== VERSION) return `of version ${word(1)}, not ${VERSION}`
  if (word(2) !== shard) return `of shard ${word(2)}`
  const rowCount = word(4)
  const lengths = [
    word(3) * CHUNK_ENTRY_BYTES,
    ...[rowCount * ROW_BYTES, rowCount * WINDOW_ROW_BYTES, word(5), word(6)],
  ]
  const whole = lengths.reduce((sum, length) => sum + length, HEADER_BYTES)
  if (whole !== bytes.length) return `${bytes.length} bytes long, not ${whole}`
  if (checksum(bytes.subarray(HEADER_BYTES), 0) !== header.getUint32(BODY_CRC, true)) return 'bad sum'
  let at = HEADER_BYTES
  const [table, rows, windows, state, lanes] = lengths.map((length) => bytes.subarray(at, (at += length)))
  return { shard, rowCount, table: wordsOf(table), rows, windows, state, lanes }
}

/** Words of bytes that begin at a multiple of 4. */
const wordsOf = (bytes: Uint8Array): Uint32Array =>
  new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2)
