/**
 * A reference table's file: read at the start, looked at every now and then, read again when it was changed, and then
 * given as a whole. A version that can't be read or understood is told once and the one before it stays. A change counts
 * only when the file was the same in two looks, and before and after reading, so that a file which is being written is
 * left alone until it is done.
 */
import type { Clock } from '../core/clock.ts'
import type { ReferenceTable } from '../pipelines/definition/definition.ts'
import { parseReference } from '../pipelines/reference/parse-reference.ts'
import type { ReferenceData } from '../pipelines/reference/reference-rows.ts'
import type { FileTexts } from './file-texts.ts'

export interface ReferenceFileOptions {
  readonly table: Pick<ReferenceTable, 'file' | 'column'>
  readonly clock: Clock
  readonly files: FileTexts
  readonly everyMs: number
  /** A new version; the workers are to use it from now on. */
  readonly onData: (data: ReferenceData) => void
  /** A version, or the file's absence, that changes nothing; told once. */
  readonly onProblem: (error: Error) => void
}

export class ReferenceFile {
  readonly #options: ReferenceFileOptions
  #data: ReferenceData
  /** Of the version in use, or of the one that was refused. */
  #known: string
  #seen: string
  #problem = ''
  #isLooking = false
  #isClosed = false
  readonly #stop: () => void

  /** Throws MillraceError `storage-failed` or `bad-request`: without a first version there is nothing to look up. */
  static async open(options: ReferenceFileOptions): Promise<ReferenceFile> {
    const { files, table } = options
    const stamp = await files.stamp(table.file)
    const data = parseReference(await files.text(table.file), table)
    return new ReferenceFile(options, data, stamp)
  }

  private constructor(options: ReferenceFileOptions, data: ReferenceData, stamp: string) {
    this.#options = options
    this.#data = data
    this.#known = stamp
    this.#seen = stamp
    this.#stop = options.clock.every(options.everyMs, () => void this.look())
  }

  /** The version in use. */
  get data(): ReferenceData {
    return this.#data
  }

  /** What the timer does; returns when it is done. */
  async look(): Promise<void> {
    if (this.#isLooking || this.#isClosed) return
    this.#isLooking = true
    try {
      await this.#look()
    } catch (error) {
      this.#tell(error as Error)
    } finally {
      this.#isLooking = false
    }
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
  }

  async #look(): Promise<void> {
    const { files, table } = this.#options
    const stamp = await files.stamp(table.file)
    const isSettled = stamp === this.#seen
    this.#seen = stamp
    if (stamp === this.#known) this.#problem = ''
    if (stamp === this.#known || !isSettled) return
    const text = await files.text(table.file)
    if ((await files.stamp(table.file)) === stamp) this.#take(text, stamp)
  }

  #take(text: string, stamp: string): void {
    // a version that is refused is known as well, and not parsed again at each look
    this.#known = stamp
    const data = parseReference(text, this.#options.table)
    if (this.#isClosed) return
    this.#data = data
    this.#problem = ''
    this.#options.onData(data)
  }

  /** Looks go on after a failure (the file may come back), but each cause is told once. */
  #tell(error: Error): void {
    if (this.#isClosed || error.message === this.#problem) return
    this.#problem = error.message
    this.#options.onProblem(error)
  }
}
