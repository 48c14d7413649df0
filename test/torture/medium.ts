/** Where a data directory lies: a folder on the machine's disk, or a small file system of its own that can be filled. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Medium {
  readonly path: string
  /** Takes all the room there is; returns what gives it back. Undefined where that would hurt others. */
  readonly fill: (() => () => void) | undefined
  readonly remove: () => void
}

const SIZE_MIB = 40
const CHUNK = Buffer.alloc(64 * 1024, 0xab)
const mounted = new Set<string>()
process.on('exit', () => mounted.forEach(unmount))

export function plainFolder(): Medium {
  const path = mkdtempSync(join(tmpdir(), 'millrace-torture-'))
  return { path, fill: undefined, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Undefined where mounting is not allowed. */
export function smallMedium(): Medium | undefined {
  const path = mkdtempSync(join(tmpdir(), 'millrace-torture-'))
  const options = ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m`, 'tmpfs', path]
  if (spawnSync('mount', options, { stdio: 'ignore' }).status !== 0) {
    rmSync(path, { recursive: true, force: true })
    return undefined
  }
  mounted.add(path)
  return {
    path,
    fill: () => fill(join(path, 'ballast')),
    remove: () => {
      unmount(path)
      rmSync(path, { recursive: true, force: true })
    },
  }
}

export function canMount(): boolean {
  const medium = smallMedium()
  medium?.remove()
  return medium !== undefined
}

function fill(path: string): () => void {
  const file = openSync(path, 'w')
  let size = CHUNK.length
  while (size >= 512) {
    try {
      writeSync(file, CHUNK, 0, size)
    } catch {
      size >>>= 1
    }
  }
  closeSync(file)
  return () => rmSync(path, { force: true })
}

function unmount(path: string): void {
  mounted.delete(path)
  if (spawnSync('umount', [path], { stdio: 'ignore' }).status !== 0) spawnSync('umount', ['-l', path])
}

/** The folder of the data directory on a medium. */
export function dataFolder(medium: Medium): string {
  const path = join(medium.path, 'data')
  mkdirSync(path, { recursive: true })
  return path
}
