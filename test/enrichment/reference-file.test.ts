import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fileTexts, type FileTexts } from '../../src/enrichment/file-texts.ts'
import { ReferenceFile } from '../../src/enrichment/reference-file.ts'
import type { ReferenceData } from '../../src/pipelines/reference/reference-rows.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'

/** A file in memory; a new stamp with each change. */
class Files implements FileTexts {
  #stamp = 1
  #content: string | undefined = 'id,site\n1,north\n'
  reads = 0
  changesWhileRead = false

  write(content: string | undefined): void {
    this.#content = content
    this.#stamp++
  }

  async stamp(file: string): Promise<string> {
    if (this.#content === undefined) throw new Error(`${file} is not there`)
    return String(this.#stamp)
  }

  async text(): Promise<string> {
    this.reads++
    if (this.changesWhileRead) this.#stamp++
    return this.#content ?? ''
  }
}

async function opened(files: FileTexts, name = 'sites.csv') {
  const versions: ReferenceData[] = []
  const problems: Error[] = []
  const clock = new VirtualClock()
  const file = await ReferenceFile.open({
    ...{ table: { file: name, column: 'id' }, clock, files, everyMs: 1000 },
    onData: (data) => void versions.push(data),
    onProblem: (error) => void problems.push(error),
  })
  const looks = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await file.look()
  }
  return { file, versions, problems, looks, clock }
}

const keys = ({ rows }: ReferenceData): string[] => [...rows.keys()]

describe('ReferenceFile', () => {
  it('has the first version at once, or none at all', async () => {
    const files = new Files()
    expect(keys((await opened(files)).file.data)).toEqual(['1'])
    files.write('nothing here')
    await expect(opened(files)).rejects.toThrow('sites.csv: no column is called "id"')
    files.write(undefined)
    await expect(opened(files)).rejects.toThrow('not there')
  })

  it('gives a new version as a whole when the file has been the same in two looks', async () => {
    const files = new Files()
    const { file, versions, looks } = await opened(files)
    files.write('id,site\n1,north\n2,so')
    await looks(1)
    files.write('id,site\n1,north\n2,south\n')
    await looks(1)
    expect(versions).toEqual([])
    await looks(3)
    expect(versions.map(keys)).toEqual([['1', '2']])
    expect(file.data).toBe(versions[0])
    expect(files.reads).toBe(2)
  })

  it('takes nothing that changes while it is read', async () => {
    const files = new Files()
    const { versions, looks } = await opened(files)
    files.write('id\n2\n')
    files.changesWhileRead = true
    await looks(2)
    files.changesWhileRead = false
    expect(versions).toEqual([])
    await looks(2)
    expect(versions.map(keys)).toEqual([['2']])
  })

  it('keeps the old version when the new one is broken, says so once, and takes the next good one', async () => {
    const files = new Files()
    const { file, versions, problems, looks } = await opened(files)
    const broken = 'sites.csv: line 3: "id" is "1" again, as in line 2'
    files.write('id\n1\n1\n')
    await looks(5)
    expect(problems.map(({ message }) => message)).toEqual([broken])
    expect(keys(file.data)).toEqual(['1'])
    files.write(undefined)
    await looks(3)
    expect(problems.map(({ message }) => message)).toEqual([broken, 'sites.csv is not there'])
    files.write('id\n3\n')
    await looks(2)
    expect(versions.map(keys)).toEqual([['3']])
    files.write('id\n1\n1\n')
    await looks(2)
    expect(problems).toHaveLength(3)
  })

  it('looks by its clock until it is closed', async () => {
    const files = new Files()
    const { file, versions, clock } = await opened(files)
    const pass = async (): Promise<void> => {
      clock.advance(1000)
      for (let i = 0; i < 20; i++) await Promise.resolve()
    }
    files.write('id\n4\n')
    await pass()
    await pass()
    expect(versions.map(keys)).toEqual([['4']])
    file.close()
    files.write('id\n5\n')
    await pass()
    await pass()
    await file.look()
    expect(versions).toHaveLength(1)
  })

  it('reads the files of the machine', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reference-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const path = join(folder, 'sites.csv')
    await writeFile(path, 'id\na\n')
    const { file, versions, problems, looks } = await opened(fileTexts, path)
    await writeFile(`${path}.new`, 'id\nb\n')
    await rename(`${path}.new`, path)
    await looks(2)
    expect(versions.map(keys)).toEqual([['b']])
    await writeFile(path, Buffer.from([0x69, 0x64, 0x0a, 0xff]))
    await looks(2)
    await rm(path)
    await looks(1)
    file.close()
    expect(problems).toMatchObject([
      { code: 'storage-failed', context: { call: 'read', path } },
      { code: 'storage-failed', context: { call: 'stat', code: 'ENOENT', path } },
    ])
  })
})
