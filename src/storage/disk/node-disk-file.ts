/**
 * An open file of the machine. Parts may be views of the engine's shared memory: node:fs hands their addresses to the
 * system without a copy. A write may be cut short by the system (a full disk, a signal) and takes at most IOV_MAX parts;
 * both are hidden here, so that `write` has either written all or thrown.
 */
import fs from 'node:fs'
import type { DiskFile } from '../../core/disk.ts'
import { diskFailure, onDisk } from './disk-failure.ts'

/** Parts that Linux and macOS take in one call. */
const IOV_MAX = 1024
const CLOSED = -1

export class NodeDiskFile implements DiskFile {
  readonly path: string
  #descriptor: number

  constructor(path: string, descriptor: number) {
    this.path = path
    this.#descriptor = descriptor
  }

  write(parts: readonly Uint8Array[], position: number): void {
    const rest = parts.filter((part) => part.length > 0)
    let at = position
    while (rest.length > 0) {
      const batch = rest.length > IOV_MAX ? rest.slice(0, IOV_MAX) : rest
      const written = onDisk('write', this.path, () => fs.writevSync(this.#open('write'), batch, at))
      if (written === 0) throw diskFailure('EIO', 'write', this.path)
      at += written
      dropWritten(rest, written)
    }
  }

  read(target: Uint8Array, position: number): number {
    let done = 0
    while (done < target.length) {
      const room = target.length - done
      const bytes = onDisk('read', this.path, () =>
        fs.readSync(this.#open('read'), target, done, room, position + done),
      )
      if (bytes === 0) break
      done += bytes
    }
    return done
  }

  sync(): void {
    onDisk('fdatasync', this.path, () => fs.fdatasyncSync(this.#open('fdatasync')))
  }

  truncate(bytes: number): void {
    onDisk('ftruncate', this.path, () => fs.ftruncateSync(this.#open('ftruncate'), bytes))
  }

  bytes(): number {
    return onDisk('fstat', this.path, () => fs.fstatSync(this.#open('fstat')).size)
  }

  /** Closing again does nothing. */
  close(): void {
    const descriptor = this.#descriptor
    if (descriptor === CLOSED) return
    this.#descriptor = CLOSED
    onDisk('close', this.path, () => fs.closeSync(descriptor))
  }

  /** Guards against a number that the system has given to another file since. */
  #open(call: string): number {
    if (this.#descriptor === CLOSED) throw diskFailure('EBADF', call, this.path)
    return this.#descriptor
  }
}

/** Takes the first `bytes` off the front of `parts`. */
function dropWritten(parts: Uint8Array[], bytes: number): void {
  let whole = 0
  let left = bytes
  while (whole < parts.length && left >= parts[whole].length) left -= parts[whole++].length
  parts.splice(0, whole)
  if (left > 0) parts[0] = parts[0].subarray(left)
}
