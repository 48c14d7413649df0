import fs, { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { diskFailure, onDisk } from '../../../src/storage/disk/disk-failure.ts'
import { NodeDisk } from '../../../src/storage/disk/node-disk.ts'
import { bytes, content, diskConformance, failure } from './conformance.ts'

diskConformance('NodeDisk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-disk-'))
  return { disk: new NodeDisk(), folder, close: () => rmSync(folder, { recursive: true }) }
})

describe('NodeDisk', () => {
  afterEach(() => vi.restoreAllMocks())

  /** A system that writes at most `most` bytes at a time. */
  const writeShort = (most: number) => {
    const whole = fs.writevSync
    vi.spyOn(fs, 'writevSync').mockImplementation((descriptor, parts, position) => {
      const all = Buffer.concat(parts as Uint8Array[])
      return most === 0 ? 0 : whole(descriptor, [all.subarray(0, most)], position)
    })
  }

  const withFile = (act: (file: ReturnType<NodeDisk['open']>) => void) => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-disk-'))
    const file = new NodeDisk().open(join(folder, 'a'), 'create')
    act(file)
    file.close()
    rmSync(folder, { recursive: true })
  }

  it('goes on where the system has stopped part-way through a write', () => {
    withFile((file) => {
      writeShort(3)
      file.write([bytes(1, 2), bytes(3, 4, 5, 6), bytes(7)], 1)
      expect(content(file)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    })
  })

  it('fails when the system writes nothing and says nothing', () => {
    withFile((file) => {
      writeShort(0)
      expect(failure(() => file.write([bytes(1)], 0)).code).toBe('EIO')
    })
  })

  it('tells the failures of a device that is always full', () => {
    const full = new NodeDisk().open('/dev/full', 'write')
    expect(() => full.write([new Uint8Array(10)], 0)).toThrow(
      'write /dev/full: no space left on device (ENOSPC)',
    )
    full.close()
  })
})

describe('diskFailure', () => {
  it('has words for codes it does not know', () => {
    expect(diskFailure('EODD', 'write', 'a')).toMatchObject({
      message: 'write a: failed (EODD)',
      code: 'storage-failed',
      retryable: true,
      context: { code: 'EODD', call: 'write', path: 'a' },
    })
  })

  it('lets bugs pass as what they are', () => {
    expect(() =>
      onDisk('write', 'a', () => {
        throw new TypeError('bug')
      }),
    ).toThrow(TypeError)
  })
})
