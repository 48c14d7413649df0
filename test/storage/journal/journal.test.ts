import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RECORD_HEADER_BYTES } from '../../../src/storage/journal/record.layout.ts'
import { SEGMENT_HEADER_BYTES } from '../../../src/storage/journal/segment.layout.ts'
import { FOLDER, openJournal, payload, readJournal, SEGMENT_BYTES } from './journal-rig.ts'
import { MemoryDisk } from './memory-disk.ts'

const sequences = (disk: MemoryDisk, from = 0): number[] =>
  readJournal(disk, from).records.map(({ sequence }) => sequence)

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

/** Appends records 1 … count, each in a commit of its own. */
function written(count: number, disk = new MemoryDisk()): MemoryDisk {
  const journal = openJournal(disk)
  for (let i = 1; i <= count; i++) {
    journal.append(0, i * 96, 0, payload(i))
    journal.commit()
  }
  return disk
}

const segmentsIn = (disk: MemoryDisk): string[] =>
  disk.list(FOLDER).filter((name) => name.endsWith('.segment'))

describe('Journal', () => {
  it('gives back what was committed, in order, over many segments', () => {
    const disk = written(200)
    const { records, findings } = readJournal(disk)
    expect(records.map(({ sequence }) => sequence)).toEqual(upTo(200))
    expect(records[49]).toEqual({ sequence: 50, run: 1, ring: 0, position: 4800, payload: payload(50) })
    expect(findings).toEqual([])
    expect(segmentsIn(disk).length).toBeGreaterThan(3)
    expect(sequences(disk, 150)).toEqual(upTo(200).slice(149))
  })

  it('has on the medium what it calls durable, and nothing else is safe', () => {
    const disk = new MemoryDisk()
    const journal = openJournal(disk)
    journal.append(1, 0, 0, payload(1))
    journal.append(2, 64, 0, payload(2, 64))
    expect(journal.durableSequence).toBe(0)
    journal.commit()
    expect(journal.durableSequence).toBe(2)
    journal.append(1, 96, 0, payload(3))
    expect(sequences(disk.afterPowerCut())).toEqual([1, 2])
  })

  it('goes on in a new segment with higher numbers when it is opened again, and refuses a run that has been', () => {
    const disk = written(3)
    const journal = openJournal(disk, 2)
    expect(journal.report.lastSequence).toBe(3)
    expect(journal.nextSequence).toBe(4)
    journal.append(0, 0, 0, payload(4))
    journal.commit()
    expect(readJournal(disk).records.map(({ sequence, run }) => [sequence, run])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 2],
    ])
    expect(() => openJournal(disk, 2)).toThrow(/run 2/)
  })

  it('writes again what is not proven to be on the medium, so that a later power cut cannot take it back', () => {
    const disk = written(3)
    const journal = openJournal(disk.afterKill(), 2)
    // the third record's commit is proven by nothing that was written after it
    expect(journal.report).toMatchObject({ lastSequence: 3, rewritten: 1, findings: [] })
  })

  it('writes to a new segment with the same numbers when writing or making safe fails', () => {
    for (const call of ['write', 'fdatasync']) {
      const disk = written(2)
      const journal = openJournal(disk, 2)
      journal.append(0, 0, 0, payload(3))
      journal.commit()
      journal.append(0, 96, 0, payload(4))
      let failures = 1
      disk.fault = (made, path) =>
        made === call && path.endsWith('.segment') && failures-- > 0 ? 'EIO' : undefined
      expect(() => journal.commit()).toThrow(/EIO/)
      expect(journal.durableSequence).toBe(3)
      expect(journal.hasPending).toBe(true)
      journal.append(0, 192, 0, payload(5))
      journal.commit()
      expect(journal.durableSequence).toBe(5)
      expect(sequences(disk), call).toEqual([1, 2, 3, 4, 5])
      expect(sequences(disk.afterPowerCut()), call).toEqual([1, 2, 3, 4, 5])
    }
  })

  it('keeps what is pending through any number of failures of any call', () => {
    const disk = new MemoryDisk()
    const journal = openJournal(disk)
    for (let i = 1; i <= 120; i++) {
      journal.append(0, i * 96, 0, payload(i))
      for (let attempt = 0; journal.hasPending; attempt++) {
        let left = (i * 7 + attempt * 3) % 5
        disk.fault = () => (attempt < 4 && left-- === 0 ? 'EIO' : undefined)
        try {
          journal.commit()
        } catch {
          continue
        }
      }
    }
    disk.fault = () => undefined
    expect(sequences(disk.afterPowerCut())).toEqual(upTo(120))
    expect(readJournal(disk.afterPowerCut()).findings.filter(({ kind }) => kind !== 'void')).toEqual([])
  })

  it('puts a frame longer than a segment in a segment of its own', () => {
    const disk = new MemoryDisk()
    const journal = openJournal(disk)
    for (const [i, bytes] of [96, 4 * SEGMENT_BYTES, 96].entries()) journal.append(0, 0, 0, payload(i, bytes))
    journal.commit()
    expect(readJournal(disk).records.map((record) => record.payload.length)).toEqual([96, 32_768, 96])
  })

  it('takes the next segment’s room beforehand, a little at a time', () => {
    const disk = new MemoryDisk()
    const journal = openJournal(disk)
    expect(journal.maintain(1000)).toBe(false)
    while (!journal.maintain(1000));
    expect(journal.heldRoomBytes).toBe(SEGMENT_BYTES)
    disk.capacity = SEGMENT_BYTES
    journal.append(0, 0, 0, payload(1))
    journal.commit()
    expect(() => journal.maintain(1000)).toThrow(/no room for a segment/)
    expect(journal.heldRoomBytes).toBe(SEGMENT_BYTES - SEGMENT_HEADER_BYTES - RECORD_HEADER_BYTES - 96)
  })

  it('lets go of what recovery does not need, except for what is to be kept', () => {
    const disk = new MemoryDisk()
    const journal = openJournal(disk, 1, { retainBytes: 2 * SEGMENT_BYTES })
    for (let i = 1; i <= 400; i++) journal.append(0, i, 0, payload(i))
    journal.commit()
    const before = journal.segments()
    journal.retire(300)
    while (!journal.maintain(SEGMENT_BYTES));
    const after = journal.segments()
    const needed = before.findLast(({ firstSequence }) => firstSequence <= 300)
    expect(after.filter(({ firstSequence }) => firstSequence < (needed?.firstSequence ?? 0))).toHaveLength(2)
    expect(segmentsIn(disk)).toEqual(after.map(({ name }) => name))
    expect(sequences(disk, 300)).toEqual(upTo(400).slice(299))
    expect(readJournal(disk, 300).findings).toEqual([])
  })

  it('uses retired segments again, and never takes their old records for new ones', () => {
    const disk = new MemoryDisk()
    const journal = openJournal(disk)
    for (let i = 1; i <= 1000; i++) {
      journal.append(0, i * 96, 0, payload(i))
      journal.commit()
      journal.retire(Math.max(1, i - 60))
      while (!journal.maintain(SEGMENT_BYTES));
      if (i % 10 === 0) {
        const { records, findings } = readJournal(disk, Math.max(1, i - 60))
        expect(records.at(-1)?.sequence).toBe(i)
        expect(findings).toEqual([])
      }
    }
    const created = disk.calls.filter((call) => call.startsWith('open') && call.endsWith('.spare'))
    expect(created.length).toBeLessThan(10)
  })

  it('uses what was only kept for people when the medium is nearly full', () => {
    const disk = new MemoryDisk()
    disk.capacity = 6 * SEGMENT_BYTES
    const journal = openJournal(disk, 1, { retainBytes: Infinity })
    for (let i = 1; i <= 1000; i++) {
      journal.append(0, i * 96, 0, payload(i))
      journal.commit()
      journal.retire(i)
      while (!journal.maintain(SEGMENT_BYTES));
    }
    expect(sequences(disk).at(-1)).toBe(1000)
  })

  it('finds a segment by time and by number', () => {
    const disk = written(200)
    const journal = openJournal(disk, 2)
    const all = journal.segments()
    expect(journal.segmentAtSequence(all[2].firstSequence + 1)?.name).toBe(all[2].name)
    expect(journal.segmentAtTime(Infinity)?.name).toBe(all.at(-1)?.name)
    expect(journal.segmentAtTime(0)?.name).toBe(all[0].name)
  })

  it('opens with the torn tail cut, at every byte of the last record', () => {
    const whole = written(5)
    const [name] = segmentsIn(whole)
    const end = SEGMENT_HEADER_BYTES + 5 * (RECORD_HEADER_BYTES + 96)
    for (let cut = end - RECORD_HEADER_BYTES - 96; cut < end; cut++) {
      const disk = whole.afterKill()
      disk.bytesOf(join(FOLDER, name)).fill(0, cut)
      const journal = openJournal(disk, 2)
      expect(journal.report.lastSequence, `cut at ${cut}`).toBe(4)
      journal.append(0, 0, 0, payload(77))
      journal.commit()
      const { records, findings } = readJournal(disk)
      expect(records.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5])
      expect(records[4].payload).toEqual(payload(77))
      expect(findings.filter(({ kind }) => kind !== 'void')).toEqual([])
    }
  })
})
