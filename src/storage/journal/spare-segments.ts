import { join } from 'node:path'
import type { Disk, DiskFile } from '../../core/disk.ts'
import { MillraceError } from '../../core/errors.ts'

/** Zeros are written in portions, so that no commit waits long for them. */
const PORTION_BYTES = 1 << 20
/** They are made safe in steps: each costs a commit's time, and a long one would be felt by the commit behind it. */
const SYNC_BYTES = 4 << 20
const NAME = /^(\d{8})\.spare$/

/**
 * Files that are to become segments. Their room on the medium is really taken, by zeros or by records that nobody needs
 * any more, so a full disk is noticed here and not in the middle of a commit.
 */
export class SpareSegments {
  readonly #disk: Disk
  readonly #folder: string
  readonly #segmentBytes: number
  readonly #ready: string[] = []
  #growing: { file: DiskFile; bytes: number; safeBytes: number } | undefined
  #number = 0
  #zeros = new Uint8Array(0)

  /** Takes over the complete ones that are in the folder and removes the others. */
  constructor(disk: Disk, folder: string, segmentBytes: number) {
    this.#disk = disk
    this.#folder = folder
    this.#segmentBytes = segmentBytes
    for (const name of disk.list(folder)) {
      const match = NAME.exec(name)
      if (match === null) continue
      this.#number = Math.max(this.#number, Number(match[1]))
      this.#adopt(join(folder, name))
    }
  }

  get readyCount(): number {
    return this.#ready.length
  }

  /** Bytes on the medium that spares hold. */
  get bytes(): number {
    return this.#ready.length * this.#segmentBytes + (this.#growing?.bytes ?? 0)
  }

  /**
   * Writes up to `bytes` of zeros towards one complete spare; true when it is there. Throws when there is no room for it
   * that leaves `reservedBytes` to others.
   */
  prepare(bytes: number, reservedBytes: number): boolean {
    if (this.#ready.length > 0) return true
    const growing = (this.#growing ??= { file: this.#create(reservedBytes), bytes: 0, safeBytes: 0 })
    try {
      const portion = Math.min(bytes, this.#segmentBytes - growing.bytes)
      this.#writeZeros(growing.file, growing.bytes, portion)
      growing.bytes += portion
      const isComplete = growing.bytes === this.#segmentBytes
      if (isComplete || growing.bytes - growing.safeBytes >= SYNC_BYTES) {
        // until then the file system may still find out that there is no room
        growing.file.sync()
        growing.safeBytes = growing.bytes
      }
      if (!isComplete) return false
      growing.file.close()
    } catch (error) {
      this.#giveUp(growing.file)
      throw error
    }
    this.#growing = undefined
    this.#ready.push(growing.file.path)
    return true
  }

  /** A complete spare, to be renamed. What was taken from senders has to be written: nothing is left to others. */
  take(): string {
    while (!this.prepare(PORTION_BYTES, 0));
    return this.#ready.shift() as string
  }

  /** Puts one back that could not be used. */
  putBack(path: string): void {
    this.#ready.unshift(path)
  }

  /** Makes a spare of a segment that nobody needs any more. */
  recycle(path: string): void {
    const spare = this.#nextPath()
    this.#disk.rename(path, spare)
    this.#ready.push(spare)
  }

  /** Leaves a spare that isn't complete to the next start, which removes it. */
  close(): void {
    this.#growing?.file.close()
    this.#growing = undefined
  }

  #adopt(path: string): void {
    const file = this.#disk.open(path, 'read')
    const bytes = file.bytes()
    file.close()
    if (bytes === this.#segmentBytes) this.#ready.push(path)
    else this.#disk.remove(path)
  }

  /** Doesn't begin what cannot be completed: whoever else writes on the medium would find it full meanwhile. */
  #create(reservedBytes: number): DiskFile {
    const free = this.#disk.freeBytes(this.#folder)
    const needed = this.#segmentBytes + reservedBytes
    if (free < needed) {
      const message = `no room for a segment of the journal: ${free} bytes are free; it takes ${this.#segmentBytes}, and ${reservedBytes} are for the next checkpoint`
      throw new MillraceError('storage-failed', message, {
        ...{ code: 'ENOSPC', call: 'write', path: this.#folder, free, needed },
      })
    }
    return this.#disk.open(this.#nextPath(), 'create')
  }

  #writeZeros(file: DiskFile, from: number, bytes: number): void {
    if (this.#zeros.length === 0) this.#zeros = new Uint8Array(Math.min(PORTION_BYTES, this.#segmentBytes))
    for (let at = 0; at < bytes; at += this.#zeros.length)
      file.write([this.#zeros.subarray(0, Math.min(this.#zeros.length, bytes - at))], from + at)
  }

  /** Gives back the room of one that could not be completed. */
  #giveUp(file: DiskFile): void {
    this.#growing = undefined
    file.close()
    if (this.#disk.exists(file.path)) this.#disk.remove(file.path)
  }

  #nextPath(): string {
    return join(this.#folder, `${String(++this.#number).padStart(8, '0')}.spare`)
  }
}
