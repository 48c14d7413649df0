import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { KeptFile } from '../../../src/engine/maintenance/kept-file.ts'
import type { KeptReservations } from '../../../src/reservations/reservation-book.ts'
import { NodeSinkDisk } from '../../../src/sinks/node-sink-disk.ts'

let folder = ''
const failures: unknown[] = []
const onFailure = (error: unknown): void => void failures.push(error)
const disk = new NodeSinkDisk()
const read = () => KeptFile.read(folder, disk, onFailure)
const fileOf = (state: () => KeptReservations) =>
  new KeptFile({ folder, disk, clock: systemClock(), state, onFailure })

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-'))
  failures.length = 0
})
afterEach(() => rm(folder, { recursive: true }))

describe('the file of maintenance', () => {
  it('has the latest state, also of what changed while it was written', async () => {
    let state = { version: 1, jobs: [] as unknown[] }
    const file = fileOf(() => state as unknown as KeptReservations)
    expect(await read()).toBeUndefined()
    file.changed()
    state = { version: 1, jobs: ['a'] }
    file.changed()
    await file.close()
    file.changed()
    expect(await read()).toEqual(state)
    expect(failures).toEqual([])
  })

  it('that is damaged, or of another version, is told and left alone', async () => {
    const file = fileOf(() => ({ version: 2, jobs: [] }) as unknown as KeptReservations)
    file.changed()
    await file.close()
    expect(await read()).toBeUndefined()
    expect(String(failures[0])).toContain('is of version 2')
    const path = join(folder, 'maintenance.json')
    await writeFile(path, (await readFile(path, 'utf8')).replace('jobs', 'mobs'))
    expect(await read()).toBeUndefined()
    expect(failures[1]).toMatchObject({ code: 'storage-damaged' })
  })
})
