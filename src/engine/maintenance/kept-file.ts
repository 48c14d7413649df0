/**
 * Keeps what the next process has to know of maintenance in one file, all of it at once, with a checksum, so that there is
 * always a whole one. While it is written further changes wait, and are written together.
 */
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import type { SinkDisk } from '../../sinks/disk.ts'
import type { KeptReservations } from '../../reservations/reservation-book.ts'

export interface KeptFileParts {
  readonly folder: string
  readonly disk: SinkDisk
  readonly clock: Clock
  readonly state: () => KeptReservations
  readonly onFailure: (error: unknown) => void
}

const NAME = 'maintenance.json'
const AFTER_MS = 20
/** Making it and writing it takes at most a fifth of the time. */
const SHARE = 5

export class KeptFile {
  readonly #parts: KeptFileParts
  #isChanged = false
  #isClosed = false
  #writing: Promise<void> | undefined
  #cancel: (() => void) | undefined
  #pauseMs = AFTER_MS

  constructor(parts: KeptFileParts) {
    this.#parts = parts
  }

  /** Undefined: there is none, or none that can be read, which is told as a failure. */
  static async read(
    folder: string,
    disk: SinkDisk,
    onFailure: (error: unknown) => void,
  ): Promise<KeptReservations | undefined> {
    const path = join(folder, NAME)
    if (!(await disk.exists(path))) return undefined
    try {
      const text = Buffer.from(await disk.read(path)).toString()
      const end = text.indexOf('\n')
      const body = text.slice(end + 1)
      if (text.slice(0, end) !== checksum(body))
        throw new MillraceError('storage-damaged', `${path}: wrong checksum`)
      const state = JSON.parse(body) as KeptReservations
      if (state.version === 1) return state
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
    const { clock, disk, folder, state } = this.#parts
    this.#isChanged = false
    const beganMs = clock.nowMs()
    const body = JSON.stringify(state())
    const path = join(folder, NAME)
    const file = await disk.open(`${path}.new`)
    try {
      await file.truncate(0)
      await file.write(Buffer.from(`${checksum(body)}\n${body}`), 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await disk.rename(`${path}.new`, path)
    await disk.syncFolder(folder)
    this.#pauseMs = Math.max(AFTER_MS, SHARE * (clock.nowMs() - beganMs))
  }
}

const checksum = (text: string): string => (crc32(text) >>> 0).toString(16).padStart(8, '0')
