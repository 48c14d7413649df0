/**
 * Keeps what the next process has to know in a file: a moment after a change, all of it at once, so that there is always
 * a whole one. Large ones are written less often. What is lost with a crash in between is told again.
 */
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import type { SinkDisk } from '../sinks/disk.ts'
import type { KeptState } from './kept-state.ts'

export interface StateFileParts {
  readonly folder: string
  readonly disk: SinkDisk
  readonly clock: Clock
  readonly state: () => KeptState
  readonly onFailure: (error: unknown) => void
}

const NAME = 'notifications.json'
const AFTER_MS = 500
/** Making it and writing it takes at most a twentieth of the time. */
const SHARE = 20

export class StateFile {
  readonly #parts: StateFileParts
  #isChanged = false
  #isClosed = false
  #writing: Promise<void> | undefined
  #cancel: (() => void) | undefined
  #pauseMs = AFTER_MS

  constructor(parts: StateFileParts) {
    this.#parts = parts
  }

  /** Undefined: there is none, or none that can be read, which is told as a failure. */
  static async read(
    folder: string,
    disk: SinkDisk,
    onFailure: (error: unknown) => void,
  ): Promise<KeptState | undefined> {
    const path = join(folder, NAME)
    if (!(await disk.exists(path))) return undefined
    try {
      const state = JSON.parse(Buffer.from(await disk.read(path)).toString()) as KeptState
      if (state.version === 1) return state
      onFailure(new Error(`${path} is of version ${String(state.version)}; what receivers know is not known`))
    } catch (error) {
      onFailure(error)
    }
    return undefined
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
    await this.#write().catch(this.#parts.onFailure)
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
    const bytes = Buffer.from(JSON.stringify(state()))
    const path = join(folder, NAME)
    await disk.makeFolder(folder)
    const file = await disk.open(`${path}.new`)
    try {
      await file.truncate(0)
      await file.write(bytes, 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await disk.rename(`${path}.new`, path)
    await disk.syncFolder(folder)
    this.#pauseMs = Math.max(AFTER_MS, SHARE * (clock.nowMs() - beganMs))
  }
}
