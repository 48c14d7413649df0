/** The machine's file system, as sinks use it. */
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { MillraceError } from '../core/errors.ts'
import type { SinkDisk, SinkFile } from './disk.ts'

export class NodeSinkDisk implements SinkDisk {
  async open(path: string): Promise<SinkFile> {
    const flags = constants.O_RDWR | constants.O_CREAT
    return new NodeSinkFile(path, await onDisk('open', path, fs.open(path, flags)))
  }

  read(path: string): Promise<Uint8Array> {
    return onDisk('read', path, fs.readFile(path))
  }

  async list(folder: string): Promise<string[]> {
    const names = await unlessMissing(onDisk('readdir', folder, fs.readdir(folder)))
    return (names ?? []).sort()
  }

  async exists(path: string): Promise<boolean> {
    return (await unlessMissing(onDisk('stat', path, fs.stat(path)))) !== undefined
  }

  async makeFolder(path: string): Promise<void> {
    await onDisk('mkdir', path, fs.mkdir(path, { recursive: true }))
  }

  rename(from: string, to: string): Promise<void> {
    return onDisk('rename', from, fs.rename(from, to))
  }

  async remove(path: string): Promise<void> {
    await unlessMissing(onDisk('unlink', path, fs.unlink(path)))
  }

  async syncFolder(path: string): Promise<void> {
    const folder = await onDisk('open', path, fs.open(path, constants.O_RDONLY))
    try {
      await onDisk('fsync', path, folder.sync())
    } finally {
      await folder.close()
    }
  }
}

class NodeSinkFile implements SinkFile {
  readonly #path: string
  readonly #handle: fs.FileHandle

  constructor(path: string, handle: fs.FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  async bytes(): Promise<number> {
    return (await onDisk('fstat', this.#path, this.#handle.stat())).size
  }

  async changedMs(): Promise<number> {
    return (await onDisk('fstat', this.#path, this.#handle.stat())).mtimeMs
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const rest = bytes.length - done
      const { bytesWritten } = await onDisk(
        'write',
        this.#path,
        this.#handle.write(bytes, done, rest, position + done),
      )
      done += bytesWritten
    }
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const target = new Uint8Array(length)
    const { bytesRead } = await onDisk('read', this.#path, this.#handle.read(target, 0, length, position))
    return target.subarray(0, bytesRead)
  }

  truncate(bytes: number): Promise<void> {
    return onDisk('ftruncate', this.#path, this.#handle.truncate(bytes))
  }

  sync(): Promise<void> {
    return onDisk('fdatasync', this.#path, this.#handle.datasync())
  }

  close(): Promise<void> {
    return onDisk('close', this.#path, this.#handle.close())
  }
}

async function onDisk<T>(call: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (typeof code !== 'string') throw error
    throw new MillraceError('storage-failed', `${call} ${path}: ${code}`, { code, call, path }, error)
  }
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof MillraceError && error.context.code === 'ENOENT') return undefined
    throw error
  }
}
