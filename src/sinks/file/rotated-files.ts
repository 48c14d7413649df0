/**
 * The files that a file sink has ended: `results.ndjson` becomes `results-20270101T120000.000Z.ndjson`. Names tell the
 * order, and no name is used again.
 */
import { basename, dirname, extname, join } from 'node:path'
import type { SinkDisk } from '../disk.ts'

const STAMP = /^-[0-9]{8}T[0-9]{6}\.[0-9]{3}Z$/

export class RotatedFiles {
  readonly #path: string
  readonly #keep: number
  readonly #disk: SinkDisk
  #lastMs = 0
  #count = 0

  /** `keep` = 0 keeps all. */
  constructor(path: string, keep: number, disk: SinkDisk) {
    this.#path = path
    this.#keep = keep
    this.#disk = disk
  }

  /** How many there have been in this process. */
  get count(): number {
    return this.#count
  }

  /** The current file becomes one of them. */
  async take(epochMs: number): Promise<void> {
    const folder = dirname(this.#path)
    let stampMs = Math.max(Math.floor(epochMs), this.#lastMs + 1)
    while (await this.#disk.exists(this.#nameAt(stampMs))) stampMs++
    this.#lastMs = stampMs
    await this.#disk.rename(this.#path, this.#nameAt(stampMs))
    await this.#disk.syncFolder(folder)
    this.#count++
    await this.#removeOldest(folder)
  }

  async #removeOldest(folder: string): Promise<void> {
    if (this.#keep === 0) return
    const extension = extname(this.#path)
    const stem = basename(this.#path, extension)
    const isMine = (name: string): boolean =>
      name.startsWith(stem) && name.endsWith(extension) && STAMP.test(middle(name, stem, extension))
    const mine = (await this.#disk.list(folder)).filter(isMine)
    for (const name of mine.slice(0, Math.max(0, mine.length - this.#keep)))
      await this.#disk.remove(join(folder, name))
  }

  #nameAt(epochMs: number): string {
    const stamp = new Date(epochMs).toISOString().replaceAll(/[-:]/g, '')
    const extension = extname(this.#path)
    return join(dirname(this.#path), `${basename(this.#path, extension)}-${stamp}${extension}`)
  }
}

const middle = (name: string, stem: string, extension: string): string =>
  name.slice(stem.length, name.length - extension.length)
