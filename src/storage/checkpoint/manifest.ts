import type { Checksum } from '../journal/checksum.ts'
import { exactly, listOf, record, text, time, whole } from './shape.ts'

/*
 * A checkpoint's manifest: a line of JSON, then a line with the CRC-32C of the first. It is written under another name,
 * synced and renamed when all it speaks of is safe; so one that is there is whole, or has been damaged since.
 */
const part = { file: whole, at: whole, bytes: whole }

const manifestCheck = record({
  format: exactly(1),
  number: whole,
  createdMs: time,
  run: whole,
  replayFrom: whole,
  slotsPerShard: whole,
  shardStateBytes: whole,
  rings: whole,
  shards: listOf(
    record({ positions: listOf(whole), series: whole, waiting: whole, parts: listOf(record(part), 1) }),
  ),
  extras: listOf(record({ name: text, ...part, crc: whole })),
})

export interface Manifest {
  readonly format: 1
  readonly number: number
  /** Milliseconds since 1970. */
  readonly createdMs: number
  /** The start of a process that ring positions are counted in. */
  readonly run: number
  /** Sequence number of the first record of the journal that may have something which is not in the checkpoint. */
  readonly replayFrom: number
  readonly slotsPerShard: number
  readonly shardStateBytes: number
  readonly rings: number
  readonly shards: ManifestShard[]
  readonly extras: ManifestExtra[]
}

export interface ManifestShard {
  /** Of each ring: what lies before is in the checkpoint. */
  positions: number[]
  series: number
  waiting: number
  /** In the order in which they were written: the latest chunk counts. */
  parts: ManifestPart[]
}

export interface ManifestPart {
  /** Number of the checkpoint in whose data file it lies. */
  file: number
  at: number
  bytes: number
}

export interface ManifestExtra extends ManifestPart {
  name: string
  crc: number
}

export function manifestText(manifest: Manifest, checksum: Checksum): Uint8Array {
  const line = JSON.stringify(manifest)
  return Buffer.from(`${line}\ncrc32c ${hex(checksum(Buffer.from(line), 0))}\n`)
}

/** The manifest, or what is wrong with it. */
export function parseManifest(bytes: Uint8Array, checksum: Checksum): Manifest | string {
  const end = bytes.indexOf(10)
  if (end < 0) return 'no end of line'
  const line = bytes.subarray(0, end)
  if (Buffer.from(bytes.subarray(end + 1)).toString() !== `crc32c ${hex(checksum(line, 0))}\n`)
    return 'bad sum'
  const parsed = JSON.parse(Buffer.from(line).toString()) as Manifest
  const fault = manifestCheck(parsed, 'manifest')
  return fault === undefined ? parsed : `not of this version: ${fault}`
}

export const seriesOf = ({ shards }: Manifest): number => sum(shards.map(({ series }) => series))

export const waitingIn = ({ shards }: Manifest): number => sum(shards.map(({ waiting }) => waiting))

/** Bytes of everything that the checkpoint needs. */
export const bytesOf = ({ shards, extras }: Manifest): number =>
  sum([...shards.flatMap(({ parts }) => parts), ...extras].map(({ bytes }) => bytes))

/** Data files that it needs, by number. */
export const filesOf = ({ shards, extras }: Manifest): ReadonlySet<number> =>
  new Set([...shards.flatMap(({ parts }) => parts), ...extras].map(({ file }) => file))

/** The journal must be durable up to here in each ring, or the checkpoint has readings that nobody has acknowledged. */
export const highestPositions = (shards: readonly Pick<ManifestShard, 'positions'>[]): number[] =>
  (shards[0]?.positions ?? []).map((_, ring) => Math.max(...shards.map(({ positions }) => positions[ring])))

/** Everything before these is in the checkpoint, whatever the shard. */
export const lowestPositions = (shards: readonly Pick<ManifestShard, 'positions'>[]): number[] =>
  (shards[0]?.positions ?? []).map((_, ring) => Math.min(...shards.map(({ positions }) => positions[ring])))

const hex = (crc: number): string => (crc >>> 0).toString(16).padStart(8, '0')

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
