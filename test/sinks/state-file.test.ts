import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { NodeSinkDisk } from '../../src/sinks/node-sink-disk.ts'
import { StateFile } from '../../src/sinks/state-file.ts'

interface Jobs {
  readonly version: number
  readonly jobs: readonly unknown[]
}

let folder = ''
const failures: unknown[] = []
const onFailure = (error: unknown): void => void failures.push(error)
const disk = new NodeSinkDisk()
const path = (): string => join(folder, 'deep', 'jobs.json')
const read = () => StateFile.read<Jobs>(path(), disk, onFailure)
const fileOf = (state: () => Jobs) =>
  new StateFile({
    ...{ path: path(), disk, clock: systemClock(), state, onFailure, afterMs: 20, share: 1 / 5 },
  })

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-'))
  failures.length = 0
})
afterEach(() => rm(folder, { recursive: true }))

describe('A file of state', () => {
  it('has the latest state, also of what changed while it was written', async () => {
    let state: Jobs = { version: 1, jobs: [] }
    const file = fileOf(() => state)
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
    const file = fileOf(() => ({ version: 2, jobs: [] }))
    file.changed()
    await file.close()
    expect(await read()).toBeUndefined()
    expect(String(failures[0])).toContain('is of version 2')
    await writeFile(path(), (await readFile(path(), 'utf8')).replace('jobs', 'mobs'))
    expect(await read()).toBeUndefined()
    expect(failures[1]).toMatchObject({ code: 'storage-damaged' })
  })
})
