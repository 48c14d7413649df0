import { closeSync, fdatasyncSync, fsyncSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { MillraceError } from '../../core/errors.ts'
import { frameBytes } from '../frame-encoder.ts'
import type { Frame } from '../frame.ts'
import type { FrameFiles } from './patient-store.ts'
import { RECORD_HEAD, SEGMENT_HEAD, SETTLED, SETTLED_AT, recordHead, segmentHead } from './record.ts'

const SEGMENT_BYTES = 4 * 1024 * 1024

/** A file of frames; `live` of them are not settled. */
export interface Segment {
  readonly path: string
  readonly file: number
  live: number
}

/** Where a frame lies. */
export interface Place {
  readonly segment: Segment
  readonly position: number
  /** As many of the frame are in memory besides. */
  readonly inMemoryBytes: number
}

export const segmentPath = (folder: string, number: number): string =>
  join(folder, `frames-${String(number).padStart(10, '0')}.log`)

export interface FolderStoreParts {
  readonly folder: string
  readonly instance: string
  readonly nextSeq: number
  /** Of the next segment. */
  readonly number: number
  readonly places: Map<Frame, Place>
  readonly isSynced: boolean
  /** Of frames that are in memory besides, at most. */
  readonly memoryBytes: number
  readonly release: () => void
}

/**
 * Frames in append-only files. Every record is written by one call, so that a frame survives the end of the process;
 * with `fsync` also the end of the machine. A file is removed when all its frames are settled.
 */
export class FolderStore implements FrameFiles {
  readonly #folder: string
  readonly #isSynced: boolean
  readonly #memoryBytes: number
  readonly #places: Map<Frame, Place>
  readonly #release: () => void
  #instance: string
  #nextSeq: number
  #number: number
  #segment: Segment | null = null
  #end = 0
  #inMemoryBytes = 0

  constructor({
    folder,
    instance,
    nextSeq,
    number,
    places,
    isSynced,
    memoryBytes,
    release,
  }: FolderStoreParts) {
    this.#folder = folder
    this.#isSynced = isSynced
    this.#memoryBytes = memoryBytes
    this.#places = places
    this.#release = release
    this.#instance = instance
    this.#nextSeq = nextSeq
    this.#number = number
    // not at the first frame: what was there before is removed when settled, and the numbers must stay known
    storage('begin', folder, () => this.#begin())
  }

  put(frame: Frame, replaces: Frame | null): boolean {
    const { bytes } = frame
    const isInMemory = this.#inMemoryBytes + bytes.length <= this.#memoryBytes
    const inMemoryBytes = isInMemory ? bytes.length : 0
    storage('write', this.#folder, () => {
      if (this.#segment === null || this.#end >= SEGMENT_BYTES) this.#begin()
      const segment = this.#segment!
      const head = recordHead(bytes, frame.seq, replaces?.seq ?? 0, frame.createdMs)
      const record = new Uint8Array(RECORD_HEAD + bytes.length)
      record.set(head)
      record.set(bytes, RECORD_HEAD)
      writeAll(segment.file, record, this.#end)
      if (this.#isSynced) fdatasyncSync(segment.file)
      this.#places.set(frame, { segment, position: this.#end, inMemoryBytes })
      segment.live++
      this.#end += record.length
      // one that had to wait may come behind a later one
      this.#nextSeq = Math.max(this.#nextSeq, frame.seq + 1)
    })
    this.#inMemoryBytes += inMemoryBytes
    // after a crash before this, the new record says that it replaces it
    if (replaces) this.settle(replaces)
    return isInMemory
  }

  settle(frame: Frame): void {
    const place = this.#places.get(frame)
    if (place === undefined) return
    const { segment, position, inMemoryBytes } = place
    this.#places.delete(frame)
    this.#inMemoryBytes -= inMemoryBytes
    segment.live--
    storage('settle', segment.path, () => {
      writeAll(segment.file, SETTLED, position + SETTLED_AT)
      if (segment.live === 0 && segment !== this.#segment) remove(segment)
    })
  }

  read(frame: Frame): Uint8Array {
    const { segment, position } = this.#places.get(frame)!
    const bytes = new Uint8Array(frameBytes(frame.count))
    return storage('read', segment.path, () => {
      const length = readSync(segment.file, bytes, 0, bytes.length, position + RECORD_HEAD)
      if (length < bytes.length) throw new Error(`${segment.path} ends within a frame`)
      return bytes
    })
  }

  renew(instance: string): void {
    this.#instance = instance
    this.#nextSeq = 1
    storage('begin', this.#folder, () => this.#begin())
  }

  close(): void {
    const segments = new Set([...this.#places.values()].map(({ segment }) => segment))
    if (this.#segment) segments.add(this.#segment)
    for (const { file } of segments) closeSync(file)
    this.#places.clear()
    this.#segment = null
    this.#release()
  }

  /** Begins another file, which carries on what must not be forgotten: the name and the numbers. */
  #begin(): void {
    const path = segmentPath(this.#folder, this.#number)
    const file = openSync(path, 'wx+', 0o600)
    try {
      writeAll(file, segmentHead({ instance: this.#instance, nextSeq: this.#nextSeq }), 0)
      if (this.#isSynced) this.#sync(file)
    } catch (error) {
      remove({ path, file })
      throw error
    }
    const former = this.#segment
    this.#number++
    this.#segment = { path, file, live: 0 }
    this.#end = SEGMENT_HEAD
    if (former?.live === 0) remove(former)
  }

  #sync(file: number): void {
    fdatasyncSync(file)
    const folder = openSync(this.#folder, 'r')
    fsyncSync(folder)
    closeSync(folder)
  }
}

export function remove({ path, file }: { readonly path: string; readonly file: number }): void {
  closeSync(file)
  unlinkSync(path)
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, position + at)
}

/** Runs file system calls; what they throw becomes `storage-failed`. */
export function storage<T>(what: string, path: string, calls: () => T): T {
  try {
    return calls()
  } catch (error) {
    if (error instanceof MillraceError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw new MillraceError('storage-failed', `cannot ${what} ${path}: ${message}`, { path, code }, error)
  }
}
