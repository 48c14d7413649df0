/** What every Disk must do, whichever it is. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Disk, DiskFile } from '../../../src/core/disk.ts'
import { MillraceError } from '../../../src/core/errors.ts'

export interface DiskUnderTest {
  readonly disk: Disk
  /** A folder that is there and empty. */
  readonly folder: string
  close(): void
}

export function diskConformance(name: string, open: () => DiskUnderTest): void {
  describe(`${name} as a Disk`, () => {
    let test: DiskUnderTest
    let disk: Disk
    beforeEach(() => {
      test = open()
      disk = test.disk
    })
    afterEach(() => test.close())
    const at = (file: string) => `${test.folder}/${file}`
    const create = (file: string) => disk.open(at(file), 'create')

    it('reads back what was written, part by part, wherever it was written', () => {
      const file = create('a')
      file.write([bytes(1, 2, 3), bytes(), bytes(4)], 0)
      file.write([bytes(9)], 6)
      expect(file.bytes()).toBe(7)
      expect(content(file)).toEqual([1, 2, 3, 4, 0, 0, 9])
      file.close()
    })

    it('overwrites in the middle and across sector bounds', () => {
      const file = create('a')
      file.write([new Uint8Array(2000).fill(1)], 0)
      file.write([new Uint8Array(700).fill(2), new Uint8Array(5).fill(3)], 500)
      const expected = new Array<number>(2000).fill(1).fill(2, 500, 1200).fill(3, 1200, 1205)
      expect(content(file)).toEqual(expected)
      file.close()
    })

    it('writes more parts than the system takes at once', () => {
      const file = create('a')
      const parts = Array.from({ length: 5000 }, (_, i) => bytes(i & 255, (i >> 8) & 255))
      file.write(parts, 3)
      expect(content(file)).toEqual([0, 0, 0, ...parts.flatMap((part) => [...part])])
      file.close()
    })

    it('keeps what it was given, not the memory it was given in', () => {
      const memory = bytes(1, 2, 3)
      const file = create('a')
      file.write([memory], 0)
      memory.fill(7)
      expect(content(file)).toEqual([1, 2, 3])
      file.close()
    })

    it('writes from and reads into shared memory', () => {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
      const shared = new Uint8Array(memory.buffer)
      shared.set([5, 6, 7, 8], 100)
      const file = create('a')
      file.write([shared.subarray(100, 102), shared.subarray(102, 104)], 0)
      expect(file.read(shared.subarray(200, 204), 0)).toBe(4)
      expect([...shared.subarray(198, 206)]).toEqual([0, 0, 5, 6, 7, 8, 0, 0])
      file.close()
    })

    it('reads fewer bytes only at the end of the file', () => {
      const file = create('a')
      file.write([bytes(1, 2, 3)], 0)
      const target = new Uint8Array(4).fill(9)
      expect(file.read(target, 1)).toBe(2)
      expect([...target]).toEqual([2, 3, 9, 9])
      expect(file.read(target, 3)).toBe(0)
      expect(file.read(target, 100)).toBe(0)
      file.close()
    })

    it('cuts and lengthens; what is added reads as zeros', () => {
      const file = create('a')
      file.write([new Uint8Array(1500).fill(1)], 0)
      file.truncate(700)
      expect(file.bytes()).toBe(700)
      file.truncate(1400)
      expect(content(file)).toEqual([...new Array<number>(700).fill(1), ...new Array<number>(700).fill(0)])
      file.close()
    })

    it('keeps bytes and length after closing, and syncs', () => {
      const file = create('a')
      file.write([bytes(1, 2)], 0)
      file.sync()
      file.close()
      disk.syncFolder(test.folder)
      const again = disk.open(at('a'), 'read')
      expect(content(again)).toEqual([1, 2])
      again.close()
      const written = disk.open(at('a'), 'write')
      written.write([bytes(3)], 2)
      expect(content(written)).toEqual([1, 2, 3])
      written.close()
    })

    it('closes twice without complaint, and refuses the use of a closed file', () => {
      const file = create('a')
      file.close()
      file.close()
      expect(failure(() => file.write([bytes(1)], 0))).toMatchObject({ code: 'EBADF', path: at('a') })
      expect(failure(() => file.read(new Uint8Array(1), 0)).code).toBe('EBADF')
      expect(failure(() => file.sync()).code).toBe('EBADF')
      expect(failure(() => file.truncate(0)).code).toBe('EBADF')
      expect(failure(() => file.bytes()).code).toBe('EBADF')
    })

    it('refuses to write a file opened for reading', () => {
      create('a').close()
      const file = disk.open(at('a'), 'read')
      expect(failure(() => file.write([bytes(1)], 0)).call).toBe('write')
      expect(failure(() => file.truncate(0)).call).toBe('ftruncate')
      file.close()
    })

    it('names system code, call and path when a file is not there, or there already', () => {
      expect(failure(() => disk.open(at('a'), 'read'))).toEqual({
        code: 'ENOENT',
        call: 'open',
        path: at('a'),
      })
      expect(failure(() => disk.open(at('a'), 'write')).code).toBe('ENOENT')
      create('a').close()
      expect(failure(() => create('a'))).toEqual({ code: 'EEXIST', call: 'open', path: at('a') })
      expect(failure(() => disk.open(at('no/a'), 'create')).code).toBe('ENOENT')
      expect(() => disk.remove(at('b'))).toThrow('no such file or directory (ENOENT)')
    })

    it('says what exists: files and folders', () => {
      expect(disk.exists(at('a'))).toBe(false)
      create('a').close()
      expect(disk.exists(at('a'))).toBe(true)
      expect(disk.exists(test.folder)).toBe(true)
      expect(disk.exists(at('no/where'))).toBe(false)
    })

    it('renames over what is there, and an open file stays what it was', () => {
      const old = create('to')
      old.write([bytes(1)], 0)
      const fresh = create('from')
      fresh.write([bytes(2)], 0)
      disk.rename(at('from'), at('to'))
      expect(disk.list(test.folder)).toEqual(['to'])
      fresh.write([bytes(3)], 1)
      const seen = disk.open(at('to'), 'read')
      expect(content(seen)).toEqual([2, 3])
      expect(content(old)).toEqual([1])
      for (const file of [old, fresh, seen]) file.close()
      expect(failure(() => disk.rename(at('from'), at('x'))).code).toBe('ENOENT')
    })

    it('removes names; a new file of the same name is empty', () => {
      const file = create('a')
      file.write([bytes(1)], 0)
      disk.remove(at('a'))
      expect(content(file)).toEqual([1])
      file.close()
      const fresh = create('a')
      expect(fresh.bytes()).toBe(0)
      fresh.close()
      expect(failure(() => disk.remove(at('b')))).toEqual({ code: 'ENOENT', call: 'unlink', path: at('b') })
    })

    it('makes folders with their parents, again and again, and lists names sorted', () => {
      disk.makeFolder(at('x/y/z'))
      disk.makeFolder(at('x/y/z'))
      disk.open(at('x/b'), 'create').close()
      disk.open(at('x/a'), 'create').close()
      expect(disk.list(at('x'))).toEqual(['a', 'b', 'y'])
      expect(disk.list(at('x/y/z'))).toEqual([])
      expect(failure(() => disk.list(at('q')))).toMatchObject({ code: 'ENOENT', path: at('q') })
      expect(failure(() => disk.makeFolder(at('x/a'))).code).toBe('EEXIST')
      expect(failure(() => disk.syncFolder(at('q'))).code).toBe('ENOENT')
    })

    it('moves a file from folder to folder', () => {
      disk.makeFolder(at('x'))
      create('a').close()
      disk.rename(at('a'), at('x/b'))
      expect(disk.list(test.folder)).toEqual(['x'])
      expect(disk.list(at('x'))).toEqual(['b'])
      expect(failure(() => disk.rename(at('x/b'), at('q/b'))).code).toBe('ENOENT')
    })

    it('says how much room there is', () => {
      expect(disk.freeBytes(test.folder)).toBeGreaterThan(0)
      expect(failure(() => disk.freeBytes(at('q'))).code).toBe('ENOENT')
    })
  })
}

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

export function content(file: DiskFile): number[] {
  const all = new Uint8Array(file.bytes())
  expect(file.read(all, 0)).toBe(all.length)
  return [...all]
}

/** The context of the storage failure that `work` must throw. */
export function failure(work: () => void): Readonly<Record<string, unknown>> {
  try {
    work()
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'storage-failed') return error.context
    throw error
  }
  throw new Error('expected a storage failure, nothing was thrown')
}
