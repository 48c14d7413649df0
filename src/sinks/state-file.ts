/**
 * Keeps what the next process has to know in a file: a moment after a change, all of it at once, with a checksum, so that
 * there is always a whole one. While it is written further changes wait, and are written together; large ones are written
 * less often.
 */
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Clock } from '../core/clock.ts'
import { MillraceError } from '../core/errors.ts'
import type { SinkDisk } from './disk.ts'

export interface StateFileParts<State> {
  readonly path: string
  readonly disk: SinkDisk
  readonly clock: Clock
  readonly state: () => State
  readonly onFailure: (error: unknown) => void
  /** From a change to the writing. */
  readonly afterMs: number
  /** Making it and writing it takes at most this part of the time. */
  readonly share: number
}

const VERSION = 1

export class StateFile<State extends { readonly version: number }> {
  readonly #parts: StateFileParts<State>
  #isChanged = false
  #isClosed = false
  #writing: Promise<void> | undefined
  #cancel: (() => void) | undefined
  #pauseMs: number

  constructor(parts: StateFileParts<State>) {
    this.#parts = parts
    this.#pauseMs = parts.afterMs
  }

  /** Undefined: there is none, or none that can be read, which is told as a failure. */
  static async read<State extends { readonly version: number }>(
    path: string,
    disk: SinkDisk,
    onFailure: (error: unknown) => void,
  ): Promise<State | undefined> {
    if (!(await disk.exists(path))) return undefined
    try {
      const text = Buffer.from(await disk.read(path)).toString()
      const end = text.indexOf('\n')
      const body = text.slice(end + 1)
      if (text.slice(0, end) !== checksum(body))
        throw new MillraceError('storage-damaged', `${path}: wrong checksum`)
      const state = JSON.parse(body) as State
      if (state.version === VERSION) return state
      throw new MillraceError('storage-damaged', `${path} is of version ${String(state.version)}`)
    } catch (error) {
      onFailure(error)
      return undefined
    }
  }

  changed(): void {
    this.#isChanged = true
    if (this.#isClosed || this.#writing !== undefined) return
    this.#cancel ??= this.#parts.clock.after(this.#pauseMs, () => this.#begin())
  }

  /** Writes what there is to be written. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancel?.()
    await this.#writing
    if (this.#isChanged) await this.#write().catch(this.#parts.onFailure)
  }

  #begin(): void {
    this.#cancel = undefined
    this.#writing = this.#write()
      .catch(this.#parts.onFailure)
      .finally(() => {
        this.#writing = undefined
        if (this.#isChanged) this.changed()
      })
  }

  async #write(): Promise<void> {
    const { afterMs, clock, disk, path, share, state } = this.#parts
    this.#isChanged = false
    const beganMs = clock.nowMs()
    const body = JSON.stringify(state())
    await disk.makeFolder(dirname(path))
    const file = await disk.open(`${path}.new`)
    try {
      await file.truncate(0)
      await file.write(Buffer.from(`${checksum(body)}\n${body}`), 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await disk.rename(`${path}.new`, path)
    await disk.syncFolder(dirname(path))
    this.#pauseMs = Math.max(afterMs, (clock.nowMs() - beganMs) / share)
  }
}

const checksum = (text: string): string => (crc32(text) >>> 0).toString(16).padStart(8, '0')
