import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runMillrace } from '../../src/cli/run.ts'
import { journalCommand } from '../../src/cli/journal.ts'
import { crc32c } from '../../src/kernels/reference/crc32c.ts'
import { FRAME_OUTCOME, NOTE_CLIENT } from '../../src/memory/layout/ring.layout.ts'
import { SpscFrameProducer } from '../../src/memory/rings/spsc-frame-ring.ts'
import { reserveMemory, viewMemory } from '../../src/memory/shared-memory.ts'
import { NodeDisk } from '../../src/storage/disk/node-disk.ts'
import { plainRoom } from '../../src/storage/journal/checksum.ts'
import { Journal } from '../../src/storage/journal/journal.ts'
import { journalFolder } from '../../src/storage/journal/segment.ts'
import { ManualClock } from '../storage/journal/journal-rig.ts'

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

const CONTROL = 1024
const DATA = 4096
const RING_BYTES = 1 << 16
const SERIES = (7n << 16n) | 3n

/** Frames of a ring, for a record. */
class Frames {
  readonly #memory = viewMemory(reserveMemory(DATA + RING_BYTES))
  readonly #ring = new SpscFrameProducer(this.#memory, CONTROL, DATA, RING_BYTES)
  #end = DATA

  client(source: number, name: string): this {
    this.#ring.note(NOTE_CLIENT, source, new TextEncoder().encode(name), 5)
    this.#end += 64
    return this
  }

  /** A frame of `count` readings with values 0, 1, …; `refused` names one that was refused. */
  readings(source: number, count: number, refused?: number): this {
    const at = this.#ring.claim(8 + 32 * count, count)
    const view = new DataView(this.#memory.memory.buffer)
    for (let i = 0; i < count; i++) {
      const reading = at + 8 + 32 * i
      view.setBigUint64(reading, SERIES, true)
      view.setFloat64(reading + 8, i === 0 ? 0 : 1000 + i, true)
      view.setFloat64(reading + 16, i, true)
      view.setInt32(reading + 24, i === 0 ? -2147483648 : 525_000_000, true)
      view.setInt32(reading + 28, i === 0 ? -2147483648 : 134_000_000, true)
    }
    this.#ring.commit(8, count, source, 1, 20)
    const frame = at - 32
    const bytes = view.getUint32(frame, true)
    if (refused !== undefined) {
      view.setUint32(frame + FRAME_OUTCOME, (1 << 24) | 1, true)
      const map = count <= 32 ? at : frame + bytes - 32 * Math.ceil(count / 256)
      view.setUint32(map + 4 * (refused >>> 5), 1 << (refused & 31), true)
    }
    this.#end = frame + bytes
    return this
  }

  get bytes(): Uint8Array {
    return this.#memory.bytes.subarray(DATA, this.#end)
  }
}

/** A data directory whose journal holds the records, each in a commit of its own, a second apart. */
function dataDirWith(...records: Uint8Array[]): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-journal-'))
  folders.push(dataDir)
  const clock = new ManualClock()
  clock.epochOffset = 0
  const journal = Journal.open({
    ...{ disk: new NodeDisk(), clock, checksum: crc32c, room: plainRoom(), folder: journalFolder(dataDir) },
    ...{ run: 1, options: { segmentBytes: 1 << 16, retainBytes: 0 } },
  })
  let position = 0
  for (const payload of records) {
    journal.append(1, position, 1_000_000, payload)
    journal.commit()
    position += payload.length
    clock.now += 1000
  }
  journal.close()
  return dataDir
}

async function millrace(
  ...args: string[]
): Promise<{ code: number; out: string; err: string; written: unknown[] }> {
  const said = { out: '', err: '', written: '' }
  const terminal = {
    out: (line: string) => void (said.out += `${line}\n`),
    err: (line: string) => void (said.err += `${line}\n`),
    stopRequested: () => Promise.resolve(''),
  }
  const write = async (text: string): Promise<boolean> => {
    said.written += text
    return true
  }
  const command = journalCommand({ terminal, disk: new NodeDisk(), write })
  const code = await runMillrace(['journal', ...args], [command], terminal)
  const lines = said.written.split('\n').filter((line) => line !== '')
  return { code, out: said.out, err: said.err, written: lines.map((line): unknown => JSON.parse(line)) }
}

const segmentIn = (dataDir: string): string => {
  const folder = journalFolder(dataDir)
  return join(folder, new NodeDisk().list(folder).find((name) => name.endsWith('.segment')) ?? '')
}

function spoil(path: string, offset: number): void {
  const bytes = readFileSync(path)
  bytes[offset] ^= 1
  writeFileSync(path, bytes)
}

describe('millrace journal', () => {
  it('shows segments, positions and records', async () => {
    const dataDir = dataDirWith(new Frames().readings(9, 2).bytes, new Frames().readings(9, 40).bytes)
    const { code, out } = await millrace('inspect', '--data-dir', dataDir)
    expect(code).toBe(0)
    expect(out).toContain('2 records, 1 to 2')
    expect(out).toMatch(/run 1 ring 1 {2}positions 0 to \d+ {2}2 records/)
    expect(out).toContain('no damage')
    const { out: json } = await millrace('inspect', '--json', '--from', '2', '--data-dir', dataDir)
    expect(JSON.parse(json)).toMatchObject({ records: 1, firstSequence: 2, isDamaged: false })
  })

  it('verifies: 0 when all is good, 1 and a word about it when something is damaged', async () => {
    const dataDir = dataDirWith(...[1, 2, 3].map((count) => new Frames().readings(9, count).bytes))
    expect(await millrace('verify', '--data-dir', dataDir)).toMatchObject({
      code: 0,
      out: '3 records in 1 segments are good\n',
    })
    spoil(segmentIn(dataDir), 512 + 64 + 40)
    const { code, out, err } = await millrace('verify', '--data-dir', dataDir)
    expect(code).toBe(1)
    expect(out).toContain('records 1 to 1 are missing')
    expect(err).toContain('is damaged')
    const { out: json } = await millrace('verify', '--json', '--data-dir', dataDir)
    expect(JSON.parse(json)).toMatchObject({ damaged: true, records: 2 })
  })

  it('exports the readings that were taken, with the client that sent them', async () => {
    const first = new Frames().client(9, 'gateway').readings(9, 2).bytes
    const second = new Frames().readings(9, 3, 1).readings(5, 40, 33).bytes
    const dataDir = dataDirWith(first, second)
    const { code, written } = await millrace('export', '--data-dir', dataDir)
    expect(code).toBe(0)
    expect(written).toHaveLength(2 + 2 + 39)
    expect(written.slice(0, 2)).toEqual([
      {
        ...{ time: 1_000_020, series: String(SERIES), deviceId: 7, metricId: 3, value: 0 },
        ...{ lat: null, lon: null, receivedAt: 1_000_020, client: 'gateway' },
      },
      {
        ...{ time: 1001, series: String(SERIES), deviceId: 7, metricId: 3, value: 1 },
        ...{ lat: 52.5, lon: 13.4, receivedAt: 1_000_020, client: 'gateway' },
      },
    ])
    const values = (some: unknown[]): number[] => some.map((one) => (one as { value: number }).value)
    expect(values(written.slice(2, 4))).toEqual([0, 2])
    expect(values(written.slice(4))).not.toContain(33)
    expect(written[4]).not.toHaveProperty('client')
  })

  it('exports a range by number or by time, and still knows the clients', async () => {
    const named = new Frames().client(9, 'gateway').readings(9, 1).bytes
    const dataDir = dataDirWith(named, new Frames().readings(9, 2).bytes, new Frames().readings(9, 3).bytes)
    const count = async (...args: string[]): Promise<number> =>
      (await millrace('export', '--data-dir', dataDir, ...args)).written.length
    expect(await count('--from', '2', '--to', '2')).toBe(2)
    // records are written one, two and three seconds after 1970 began
    expect(await count('--from', '1970-01-01T00:00:02Z')).toBe(5)
    expect(await count('--to', '1970-01-01T00:00:02Z')).toBe(3)
    const { written } = await millrace('export', '--from', '3', '--data-dir', dataDir)
    expect(written[0]).toMatchObject({ client: 'gateway' })
  })

  it('says what is wrong with its arguments', async () => {
    expect(await millrace('inspect')).toMatchObject({ code: 2 })
    expect(await millrace('inspect', '--data-dir', '.', '--from', 'yesterday')).toMatchObject({
      code: 2,
      err: expect.stringContaining('neither a sequence number nor a time') as string,
    })
    expect(await millrace('verify', '--data-dir', join(tmpdir(), 'no-such-folder'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no journal') as string,
    })
  })
})
