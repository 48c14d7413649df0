import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeFinding, isDamage } from '../../../src/storage/journal/findings.ts'
import { RECORD_HEADER_BYTES } from '../../../src/storage/journal/record.layout.ts'
import { SEGMENT_HEADER_BYTES } from '../../../src/storage/journal/segment.layout.ts'
import { FOLDER, openJournal, payload, readJournal } from './journal-rig.ts'
import { MemoryDisk } from './memory-disk.ts'

const RECORD = RECORD_HEADER_BYTES + 96

/** Records 1 … count in commits of two. */
function written(count: number): MemoryDisk {
  const disk = new MemoryDisk()
  const journal = openJournal(disk)
  for (let i = 1; i <= count; i++) {
    journal.append(0, i * 96, 0, payload(i))
    if (i % 2 === 0) journal.commit()
  }
  journal.commit()
  return disk
}

const pathsOf = (disk: MemoryDisk): string[] =>
  disk
    .list(FOLDER)
    .filter((name) => name.endsWith('.segment'))
    .map((name) => join(FOLDER, name))

const perSegment = Math.floor((8192 - SEGMENT_HEADER_BYTES) / RECORD)

describe('JournalReader', () => {
  it('skips a bad record in the middle, shows its bytes, and says that it had been safe', () => {
    const disk = written(10)
    const [path] = pathsOf(disk)
    disk.bytesOf(path)[SEGMENT_HEADER_BYTES + 4 * RECORD + 70] ^= 4
    const { records, findings, quarantined } = readJournal(disk)
    expect(records.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 10])
    const offset = SEGMENT_HEADER_BYTES + 4 * RECORD
    expect(quarantined).toEqual([{ segment: path.slice(FOLDER.length + 1), offset, bytes: RECORD }])
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: 'damaged', offset, bytes: RECORD, acknowledged: true }),
    )
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'missing', from: 5, to: 5 }))
  })

  it('finds the last record of a segment bad by the next one’s first number', () => {
    const disk = written(perSegment + 4)
    const [first] = pathsOf(disk)
    disk.bytesOf(first)[SEGMENT_HEADER_BYTES + (perSegment - 1) * RECORD + 80] ^= 1
    const { records, findings, quarantined } = readJournal(disk)
    expect(records).toHaveLength(perSegment + 3)
    expect(findings.map(({ kind }) => kind).sort()).toEqual(['damaged', 'missing'])
    expect(quarantined).toHaveLength(1)
  })

  it('reads the records of a segment whose header is bad', () => {
    const disk = written(3 * perSegment)
    disk.bytesOf(pathsOf(disk)[1])[20] ^= 1
    const { records, findings } = readJournal(disk)
    expect(records).toHaveLength(3 * perSegment)
    expect(findings).toEqual([expect.objectContaining({ kind: 'header' })])
  })

  it('tells of a segment that is not there, and of records before the first one that is', () => {
    const disk = written(3 * perSegment)
    const paths = pathsOf(disk)
    disk.remove(paths[1])
    expect(readJournal(disk).findings).toEqual([
      expect.objectContaining({ kind: 'missing', from: perSegment + 1, to: 2 * perSegment }),
    ])
    disk.remove(paths[0])
    expect(readJournal(disk, 0).findings).toEqual([])
    expect(readJournal(disk, 5).findings).toEqual([
      expect.objectContaining({ kind: 'missing', from: 5, to: 2 * perSegment }),
    ])
  })

  it('calls what is being written unfinished, not damaged', () => {
    const disk = written(4)
    const [path] = pathsOf(disk)
    disk.bytesOf(path).fill(0, SEGMENT_HEADER_BYTES + 3 * RECORD + 100)
    const { findings } = readJournal(disk)
    expect(findings).toEqual([expect.objectContaining({ kind: 'torn', sequence: 4, bytes: RECORD })])
    expect(findings.some(isDamage)).toBe(false)
    expect(describeFinding(findings[0])).toContain('record 4 is unfinished')
  })

  it('does not say of a gap in the last writes that anybody was told of them', () => {
    const disk = written(4)
    const [path] = pathsOf(disk)
    disk.bytesOf(path).fill(0, SEGMENT_HEADER_BYTES + 2 * RECORD, SEGMENT_HEADER_BYTES + 3 * RECORD)
    expect(readJournal(disk).findings).toContainEqual(
      expect.objectContaining({ kind: 'damaged', acknowledged: false }),
    )
  })

  it('loses at most the records that a spoiled bit lies in, and never says less than it lost', () => {
    const whole = written(3 * perSegment + 7)
    const total = readJournal(whole).records.length
    const paths = pathsOf(whole)
    const files = fc.nat({ max: paths.length - 1 })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(files, fc.nat(8191), fc.nat(7)), { minLength: 1, maxLength: 6 }),
        (flips) => {
          const disk = whole.afterKill()
          for (const [file, byte, bit] of flips) disk.bytesOf(paths[file])[byte] ^= 1 << bit
          const { records, findings } = readJournal(disk)
          const seen = records.map(({ sequence }) => sequence)
          expect(seen.every((sequence, i) => i === 0 || sequence > seen[i - 1])).toBe(true)
          for (const { sequence, payload: bytes } of records)
            expect(Buffer.compare(bytes, payload(sequence)), String(sequence)).toBe(0)
          expect(records.length).toBeGreaterThanOrEqual(total - flips.length)
          const told = findings.reduce(
            (sum, one) => sum + (one.kind === 'missing' ? one.to - one.from + 1 : 0),
            0,
          )
          const isTailCut = seen.at(-1) !== total
          if (!isTailCut) expect(records.length + told).toBe(total)
          else expect(records.length + told).toBe(seen.at(-1))
        },
      ),
      { numRuns: 60 },
    )
  })
})
