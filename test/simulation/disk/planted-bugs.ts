/** Disks that betray the code above them, each in one way: what an exploration must notice. */
import type { Disk, DiskFile, OpenMode } from '../../../src/core/disk.ts'
import { MillraceError } from '../../../src/core/errors.ts'

/** Passes everything on; the bugs change single calls. */
class HonestDisk implements Disk {
  readonly disk: Disk
  constructor(disk: Disk) {
    this.disk = disk
  }
  open(path: string, mode: OpenMode): DiskFile {
    return this.disk.open(path, mode)
  }
  exists(path: string): boolean {
    return this.disk.exists(path)
  }
  rename(from: string, to: string): void {
    this.disk.rename(from, to)
  }
  remove(path: string): void {
    this.disk.remove(path)
  }
  list(folder: string): string[] {
    return this.disk.list(folder)
  }
  makeFolder(path: string): void {
    this.disk.makeFolder(path)
  }
  syncFolder(path: string): void {
    this.disk.syncFolder(path)
  }
  freeBytes(path: string): number {
    return this.disk.freeBytes(path)
  }
}

class HonestFile implements DiskFile {
  readonly file: DiskFile
  constructor(file: DiskFile) {
    this.file = file
  }
  get path(): string {
    return this.file.path
  }
  write(parts: readonly Uint8Array[], position: number): void {
    this.file.write(parts, position)
  }
  read(target: Uint8Array, position: number): number {
    return this.file.read(target, position)
  }
  sync(): void {
    this.file.sync()
  }
  truncate(bytes: number): void {
    this.file.truncate(bytes)
  }
  bytes(): number {
    return this.file.bytes()
  }
  close(): void {
    this.file.close()
  }
}

type FileBug = (file: DiskFile) => DiskFile

function everyFile(bug: FileBug): (disk: Disk) => Disk {
  return (disk) =>
    new (class extends HonestDisk {
      override open(path: string, mode: OpenMode): DiskFile {
        return bug(super.open(path, mode))
      }
    })(disk)
}

/** `sync` does nothing. */
export const skipsSync = everyFile(
  (file) =>
    new (class extends HonestFile {
      override sync(): void {}
    })(file),
)

/** Every third `sync` does nothing. */
export const skipsSomeSyncs = (disk: Disk): Disk => {
  let syncs = 0
  const skipping: FileBug = (file) =>
    new (class extends HonestFile {
      override sync(): void {
        if (++syncs % 3 !== 0) super.sync()
      }
    })(file)
  return everyFile(skipping)(disk)
}

/** A failed `sync` is tried once more, and that it succeeds then is believed. */
export const retriesFailedSync = everyFile(
  (file) =>
    new (class extends HonestFile {
      override sync(): void {
        try {
          super.sync()
        } catch {
          super.sync()
        }
      }
    })(file),
)

/** A write waits for the next one and goes to the disk after it; `sync` does not wait for it. */
export const reordersWrites = everyFile((file) => {
  let held: (() => void) | undefined
  return new (class extends HonestFile {
    override write(parts: readonly Uint8Array[], position: number): void {
      const copies = parts.map((part) => part.slice())
      const earlier = held
      held = undefined
      if (earlier === undefined) held = () => super.write(copies, position)
      else super.write(copies, position)
      earlier?.()
    }
    override close(): void {
      held?.()
      super.close()
    }
  })(file)
})

/** Folders are not synced. */
export const skipsFolderSync = (disk: Disk): Disk =>
  new (class extends HonestDisk {
    override syncFolder(): void {}
  })(disk)

/** What doesn't fit on a full disk is left out without a word. */
export const ignoresFullDisk = everyFile(
  (file) =>
    new (class extends HonestFile {
      override write(parts: readonly Uint8Array[], position: number): void {
        try {
          super.write(parts, position)
        } catch (error) {
          if (!(error instanceof MillraceError) || error.context.code !== 'ENOSPC') throw error
        }
      }
    })(file),
)

/** Files are copied instead of renamed. */
export const renamesByCopy = (disk: Disk): Disk =>
  new (class extends HonestDisk {
    override rename(from: string, to: string): void {
      const source = disk.open(from, 'read')
      const bytes = new Uint8Array(source.bytes())
      source.read(bytes, 0)
      source.close()
      if (disk.exists(to)) disk.remove(to)
      const target = disk.open(to, 'create')
      target.write([bytes], 0)
      target.close()
      disk.remove(from)
    }
  })(disk)
