import fs from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Disk, DiskFile, OpenMode } from '../../core/disk.ts'
import { onDisk } from './disk-failure.ts'
import { NodeDiskFile } from './node-disk-file.ts'

const FLAGS: Record<OpenMode, string> = { read: 'r', write: 'r+', create: 'wx+' }

/** The machine's file system. */
export class NodeDisk implements Disk {
  open(path: string, mode: OpenMode): DiskFile {
    return new NodeDiskFile(
      path,
      onDisk('open', path, () => fs.openSync(path, FLAGS[mode])),
    )
  }

  exists(path: string): boolean {
    return onDisk('stat', path, () => fs.statSync(path, { throwIfNoEntry: false }) !== undefined)
  }

  rename(from: string, to: string): void {
    onDisk('rename', from, () => fs.renameSync(from, to))
  }

  remove(path: string): void {
    onDisk('unlink', path, () => fs.unlinkSync(path))
  }

  list(folder: string): string[] {
    return onDisk('readdir', folder, () => fs.readdirSync(folder)).sort()
  }

  /** A folder that was made is safe when this returns: the folders around it are synced here. */
  makeFolder(path: string): void {
    const firstMade = onDisk('mkdir', path, () => fs.mkdirSync(path, { recursive: true }))
    if (firstMade === undefined) return
    const top = dirname(resolve(firstMade))
    for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
      this.syncFolder(folder)
      if (folder === top) return
    }
  }

  syncFolder(path: string): void {
    onDisk('fsync', path, () => {
      const descriptor = fs.openSync(path, 'r')
      try {
        fs.fsyncSync(descriptor)
      } finally {
        fs.closeSync(descriptor)
      }
    })
  }

  /** What an ordinary user may still write: without the blocks kept back for root. */
  freeBytes(path: string): number {
    const { bavail, bsize } = onDisk('statfs', path, () => fs.statfsSync(path))
    return bavail * bsize
  }
}
