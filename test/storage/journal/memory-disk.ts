import type { Disk, DiskFile, OpenMode } from '../../../src/core/disk.ts'
import { diskFailure } from '../../../src/storage/disk/disk-failure.ts'

/** A call that the disk is about to make; return a system code to make it fail. */
export type Fault = (call: string, path: string) => string | undefined

interface Node {
  bytes: Uint8Array
  synced: Uint8Array
}

/** A disk in memory with faults. Names are safe at once; bytes are when they are synced. */
export class MemoryDisk implements Disk {
  fault: Fault = () => undefined
  capacity = Infinity
  readonly calls: string[] = []
  readonly #files = new Map<string, Node>()

  open(path: string, mode: OpenMode): DiskFile {
    this.#check('open', path)
    const there = this.#files.get(path)
    if (mode === 'create' && there !== undefined) throw diskFailure('EEXIST', 'open', path)
    if (mode !== 'create' && there === undefined) throw diskFailure('ENOENT', 'open', path)
    const node = there ?? { bytes: new Uint8Array(0), synced: new Uint8Array(0) }
    this.#files.set(path, node)
    return this.#file(path, node, mode)
  }

  exists(path: string): boolean {
    return this.#files.has(path) || path === '/journal'
  }

  rename(from: string, to: string): void {
    this.#check('rename', from)
    const node = this.#node(from)
    this.#files.delete(from)
    this.#files.set(to, node)
  }

  remove(path: string): void {
    this.#check('unlink', path)
    this.#node(path)
    this.#files.delete(path)
  }

  list(folder: string): string[] {
    this.#check('readdir', folder)
    const names = [...this.#files.keys()].filter((path) => path.startsWith(`${folder}/`))
    return names.map((path) => path.slice(folder.length + 1)).sort()
  }

  makeFolder(path: string): void {
    this.#check('mkdir', path)
  }

  syncFolder(path: string): void {
    this.#check('fsync', path)
  }

  freeBytes(): number {
    return this.capacity - this.#used()
  }

  /** The bytes of a file, to look at or to spoil. */
  bytesOf(path: string): Uint8Array {
    return this.#node(path).bytes
  }

  /** What is on the medium after a power cut. */
  afterPowerCut(): MemoryDisk {
    return this.#copy(({ synced }) => synced)
  }

  /** What another process finds when this one has been killed. */
  afterKill(): MemoryDisk {
    return this.#copy(({ bytes }) => bytes)
  }

  #copy(what: (node: Node) => Uint8Array): MemoryDisk {
    const disk = new MemoryDisk()
    disk.capacity = this.capacity
    for (const [path, node] of this.#files)
      disk.#files.set(path, { bytes: what(node).slice(), synced: node.synced.slice() })
    return disk
  }

  #file(path: string, node: Node, mode: OpenMode): DiskFile {
    const writes = (call: string, act: () => void): void => {
      if (mode === 'read') throw diskFailure('EBADF', call, path)
      this.#check(call, path)
      act()
    }
    return {
      path,
      write: (parts, position) => writes('write', () => this.#write(path, node, parts, position)),
      read: (target, position) => {
        this.#check('read', path)
        const part = node.bytes.subarray(position, position + target.length)
        target.set(part)
        return part.length
      },
      sync: () => writes('fdatasync', () => void (node.synced = node.bytes.slice())),
      truncate: (bytes) =>
        writes('ftruncate', () => {
          const next = new Uint8Array(bytes)
          next.set(node.bytes.subarray(0, bytes))
          node.bytes = next
        }),
      bytes: () => node.bytes.length,
      close: () => undefined,
    }
  }

  #write(path: string, node: Node, parts: readonly Uint8Array[], position: number): void {
    const total = parts.reduce((sum, part) => sum + part.length, 0)
    const growth = Math.max(0, position + total - node.bytes.length)
    if (this.#used() + growth > this.capacity) throw diskFailure('ENOSPC', 'write', path)
    if (growth > 0) {
      const next = new Uint8Array(position + total)
      next.set(node.bytes)
      node.bytes = next
    }
    let at = position
    for (const part of parts) {
      node.bytes.set(part, at)
      at += part.length
    }
  }

  #used(): number {
    return [...this.#files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  #node(path: string): Node {
    const node = this.#files.get(path)
    if (node === undefined) throw diskFailure('ENOENT', 'open', path)
    return node
  }

  #check(call: string, path: string): void {
    this.calls.push(`${call} ${path}`)
    const code = this.fault(call, path)
    if (code !== undefined) throw diskFailure(code, call, path)
  }
}
