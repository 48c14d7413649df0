import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { MillraceError } from '../../../src/core/errors.ts'
import { lookAtDataDirectory, openDataDirectory } from '../../../src/storage/data-directory/data-directory.ts'

const codeOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    return error instanceof MillraceError ? error.code : String(error)
  }
  return 'none'
}

describe('the data directory', () => {
  let parent = ''
  let path = ''
  const open = () => openDataDirectory(path, systemClock())

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'data-'))
    path = join(parent, 'deep', 'data')
  })
  afterEach(() => rmSync(parent, { recursive: true }))

  it('is made with its folders, and opened again', () => {
    const directory = open()
    for (const folder of [directory.journal, directory.checkpoint, directory.registry]) {
      expect(existsSync(folder)).toBe(true)
    }
    directory.close()
    open().close()
  })

  it('is for one engine; readers may look', () => {
    const directory = open()
    expect(codeOf(open)).toBe('data-dir-in-use')
    expect(lookAtDataDirectory(path).journal).toBe(directory.journal)
    directory.close()
    open().close()
  })

  it('refuses a format that it does not know, and does not keep the lock', () => {
    open().close()
    const file = join(path, 'format.json')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('1', '2'))
    expect(open).toThrow(/has format 2, this version knows up to 1/)
    expect(() => lookAtDataDirectory(path)).toThrow(/use a newer millrace/)
    writeFileSync(file, text.slice(0, 10))
    expect(codeOf(open)).toBe('storage-damaged')
    writeFileSync(file, text)
    open().close()
  })

  it('refuses a folder with other things in it and touches nothing', () => {
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'thesis.txt'), '')
    expect(open).toThrow(/there is "thesis.txt" in it/)
    expect(existsSync(join(path, 'journal'))).toBe(false)
    expect(codeOf(() => lookAtDataDirectory(path))).toBe('bad-config')
  })

  it('says which call failed when the disk does not let it', () => {
    writeFileSync(join(parent, 'deep'), 'a file')
    expect(codeOf(open)).toBe('storage-failed')
  })
})
