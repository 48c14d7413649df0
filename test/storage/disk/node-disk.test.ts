import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { diskFailure, onDisk } from '../../../src/storage/disk/disk-failure.ts'
import { NodeDisk } from '../../../src/storage/disk/node-disk.ts'
import { diskConformance } from './conformance.ts'

diskConformance('NodeDisk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-disk-'))
  return { disk: new NodeDisk(), folder, close: () => rmSync(folder, { recursive: true }) }
})

describe('NodeDisk', () => {
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
