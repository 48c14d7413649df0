/**
 * Group commits of the journal, made safe each time: large ones (1 MiB in four slices of a ring) and small ones (16 KiB,
 * what 100,000 readings/s bring in 5 ms); in the first life of a segment,
 * whose room has to be taken with zeros, and in later ones, after checkpoints. Compared in turns, on the same disk and
 * with the same bytes, with writev and fdatasync alone into a file whose room is taken (the limit: no sums, no
 * order, no recovery) and with LMDB in append mode, flushed at each commit. Then reading all of it back, sums checked,
 * compared with reading the files alone.
 */
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writevSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { systemClock } from '../src/core/clock.ts'
import { READING_BYTES } from '../src/core/limits.ts'
import { compileKernels, openKernels } from '../src/kernels/kernels.ts'
import { CRC_TABLES_BYTES } from '../src/memory/memory-plan.ts'
import { reserveMemory, viewMemory } from '../src/memory/shared-memory.ts'
import { NodeDisk } from '../src/storage/disk/node-disk.ts'
import { type Checksum, kernelChecksum, kernelRoom, type ReadRoom } from '../src/storage/journal/checksum.ts'
import { JournalReader } from '../src/storage/journal/journal-reader.ts'
import { Journal } from '../src/storage/journal/journal.ts'
import { type BenchCase, benchCase, type BenchResult, benchResult, timed } from './bench.ts'

interface Size {
  readonly commits: number
}

export const sizes: { small: Size; full: Size } = { small: { commits: 8 }, full: { commits: 400 } }

/** What one commit makes safe. */
interface Load {
  readonly name: string
  readonly slices: number
  readonly sliceBytes: number
}

const LARGE: Load = { name: '1 MiB', slices: 4, sliceBytes: 256 * 1024 }
const SMALL: Load = { name: '16 KiB', slices: 1, sliceBytes: 16 * 1024 }
const RING_BYTES = 16 << 20
const SEGMENT_BYTES = 64 << 20
/** Commits of one way to write before it is the next one's turn, so that a noisy machine is noisy to all. */
const TURN = 50
const RETIRE_EVERY = 60
const TABLES = 1024
const RING = TABLES + CRC_TABLES_BYTES

/** One way to make four slices safe. */
interface Writer {
  readonly commit: (slices: readonly Uint8Array[]) => void
  readonly close: () => void
  ms: number
}

export async function run({ commits }: Size): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-journal-bench-'))
  const module = await compileKernels()
  try {
    const cases = [LARGE, SMALL].flatMap((load) => measure(join(folder, load.name), commits, module, load))
    return benchResult(cases)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function measure(folder: string, commits: number, module: WebAssembly.Module, load: Load): BenchCase[] {
  mkdirSync(folder)
  const { memory, bytes } = viewMemory(reserveMemory(RING + RING_BYTES))
  for (let i = 0; i < RING_BYTES; i += 3) bytes[RING + i] = i * 31
  const room = kernelRoom(module)
  const checksum = kernelChecksum(openKernels(module, memory), memory, TABLES)
  const journal = journalWriter(join(folder, 'journal'), checksum, room, Infinity, load)
  const recycled = journalWriter(join(folder, 'recycled'), checksum, room, RETIRE_EVERY, load)
  const plain = plainWriter(join(folder, 'plain'), load)
  const lmdb = lmdbWriter(join(folder, 'lmdb'), commits, load)
  writeInTurns([recycled, journal, plain, lmdb], commits, bytes, load)
  const written = commits * load.slices * load.sliceBytes
  const perSecond = (ms: number): number => (written / 1e6 / ms) * 1000
  const back = readBack(join(folder, 'journal'), room, load)
  const raw = readRaw(join(folder, 'plain'), written, room.take(1 << 20))
  const against = (name: string, ms: number, [other, otherMs]: [string, number]): BenchCase =>
    benchCase(
      `${load.name}: ${name}`,
      'MB/s',
      perSecond(ms),
      { name: other, value: perSecond(otherMs) },
      back.records,
    )
  return [
    against('recycled segments', recycled.ms, ['LMDB, append', lmdb.ms]),
    against('new segments', journal.ms, ['LMDB, append', lmdb.ms]),
    against('recycled segments', recycled.ms, ['writev and fdatasync alone', plain.ms]),
    against('new segments', journal.ms, ['writev and fdatasync alone', plain.ms]),
    against('reading back', back.ms, ['reading the file alone', raw]),
    benchCase(
      `${load.name}: recycled segments`,
      'readings/s',
      (perSecond(recycled.ms) * 1e6) / READING_BYTES,
      { name: 'LMDB, append', value: (perSecond(lmdb.ms) * 1e6) / READING_BYTES },
      back.records,
    ),
  ]
}

function writeInTurns(
  writers: readonly Writer[],
  commits: number,
  bytes: Uint8Array,
  { slices, sliceBytes }: Load,
): void {
  let slice = 0
  for (let done = 0; done < commits; done += TURN) {
    const turn = Array.from({ length: Math.min(TURN, commits - done) }, () =>
      Array.from({ length: slices }, () => {
        const at = RING + ((slice++ * sliceBytes) % RING_BYTES)
        return bytes.subarray(at, at + sliceBytes)
      }),
    )
    for (const writer of writers) writer.ms += timed(() => turn.forEach((some) => writer.commit(some)))
  }
  for (const { close } of writers) close()
}

/** With the work ahead that the agent does between two commits, and a checkpoint every `retireEvery` commits. */
function journalWriter(
  folder: string,
  checksum: Checksum,
  room: ReadRoom,
  retireEvery: number,
  load: Load,
): Writer {
  const options = { segmentBytes: SEGMENT_BYTES, retainBytes: 0 }
  const journal = Journal.open({
    ...{ disk: new NodeDisk(), clock: systemClock(), checksum, room, folder, run: 1, options },
  })
  let position = 0
  let commits = 0
  return {
    ms: 0,
    commit(slices) {
      if (++commits % retireEvery === 0) journal.retire(journal.nextSequence)
      for (const slice of slices) journal.append(1, (position += slice.length), 0, slice)
      journal.commit()
      journal.maintain(2 * load.slices * load.sliceBytes)
    },
    close: () => journal.close(),
  }
}

/** Its room is taken in the same way: zeros, a segment ahead. */
function plainWriter(path: string, { slices: count, sliceBytes }: Load): Writer {
  const file = openSync(path, 'w')
  const zeros = new Uint8Array(SEGMENT_BYTES)
  let at = 0
  return {
    ms: 0,
    commit(slices) {
      if (at % SEGMENT_BYTES === 0) {
        writevSync(file, [zeros], at)
        fdatasyncSync(file)
      }
      writevSync(file, slices, at)
      fdatasyncSync(file)
      at += count * sliceBytes
    },
    close: () => closeSync(file),
  }
}

function lmdbWriter(path: string, commits: number, { slices: count, sliceBytes }: Load): Writer {
  const mapSize = 3 * (commits + 64) * count * (sliceBytes + 4096)
  const db = open<Uint8Array, number>({ path, encoding: 'binary', mapSize, overlappingSync: false })
  let key = 0
  return {
    ms: 0,
    commit: (slices) =>
      db.transactionSync(() =>
        slices.forEach((slice) => db.putSync(++key, Buffer.from(slice), { append: true })),
      ),
    close: () => void db.close(),
  }
}

function readBack(folder: string, room: ReadRoom, { sliceBytes }: Load): { ms: number; records: number } {
  let records = 0
  const fail = (): never => {
    throw new Error('the journal is damaged')
  }
  const reader = new JournalReader({ disk: new NodeDisk(), folder, room, onFinding: fail })
  const ms = timed(() => {
    for (const { payload } of reader.records(0)) if (payload.length === sliceBytes) records++
  })
  return { ms, records }
}

function readRaw(path: string, bytes: number, target: Uint8Array): number {
  const file = openSync(path, 'r')
  const ms = timed(() => {
    for (let at = 0; at < bytes; at += target.length) readSync(file, target, 0, target.length, at)
  })
  closeSync(file)
  return ms
}
