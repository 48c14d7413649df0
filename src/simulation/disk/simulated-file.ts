import type { DiskFile, OpenMode } from '../../core/disk.ts'
import { diskFailure } from '../../storage/disk/disk-failure.ts'
import type { DiskCall } from './disk-faults.ts'
import type { SimulatedInode } from './simulated-inode.ts'

export interface DiskChange {
  effect: () => void
  /** What a crash part-way leaves; nothing if not given. */
  crash?: () => void
  /** What a failure leaves; nothing if not given. */
  failure?: () => void
}

/** What a file needs of its disk. */
export interface SimulatedMedium {
  /** Throws if the process has ended or the call is to fail. */
  observe(call: DiskCall, path: string): void
  /** The same for a call that changes something, and a crash point. */
  change(call: DiskCall, path: string, change: DiskChange): void
  roomBytes(): number
  /** A place within `bytes`, for what ends part-way. */
  someOf(bytes: number): number
  failSync(inode: SimulatedInode): void
  waitForSync(): void
}

export class SimulatedFile implements DiskFile {
  readonly path: string
  readonly #inode: SimulatedInode
  readonly #mode: OpenMode
  readonly #medium: SimulatedMedium
  #closed = false

  constructor(path: string, inode: SimulatedInode, mode: OpenMode, medium: SimulatedMedium) {
    this.path = path
    this.#inode = inode
    this.#mode = mode
    this.#medium = medium
    inode.opened++
  }

  write(parts: readonly Uint8Array[], position: number): void {
    this.#mustBeOpen('write')
    if (this.#mode === 'read') throw diskFailure('EBADF', 'write', this.path)
    const data = joined(parts)
    const some = () => void this.#write(data.subarray(0, this.#medium.someOf(data.length)), position)
    const effect = () => this.#writeAll(data, position)
    this.#medium.change('write', this.path, { effect, crash: some, failure: some })
  }

  read(target: Uint8Array, position: number): number {
    this.#mustBeOpen('read')
    this.#medium.observe('read', this.path)
    return this.#inode.read(target, position)
  }

  /** What a failed sync has lost is no longer there to be synced: the next one succeeds without it. */
  sync(): void {
    this.#mustBeOpen('fdatasync')
    this.#medium.waitForSync()
    if (!this.#inode.hasUnsynced) return this.#medium.observe('fdatasync', this.path)
    const failure = () => this.#medium.failSync(this.#inode)
    this.#medium.change('fdatasync', this.path, { effect: () => this.#inode.sync(), failure })
  }

  truncate(bytes: number): void {
    this.#mustBeOpen('ftruncate')
    if (this.#mode === 'read') throw diskFailure('EINVAL', 'ftruncate', this.path)
    this.#medium.change('ftruncate', this.path, { effect: () => this.#inode.truncate(bytes) })
  }

  bytes(): number {
    this.#mustBeOpen('fstat')
    return this.#inode.bytes
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#inode.opened--
  }

  #write(data: Uint8Array, position: number): number {
    return this.#inode.write(data, position, this.#medium.roomBytes())
  }

  #writeAll(data: Uint8Array, position: number): void {
    if (this.#write(data, position) < data.length) throw diskFailure('ENOSPC', 'write', this.path)
  }

  #mustBeOpen(call: string): void {
    if (this.#closed) throw diskFailure('EBADF', call, this.path)
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
