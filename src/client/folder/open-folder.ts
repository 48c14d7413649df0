import { mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GivenUp } from '../events.ts'
import { countOf } from '../frame-encoder.ts'
import { newCourse, newInstance, type Frame, type Kept } from '../frame.ts'
import { lockFolder } from './folder-lock.ts'
import { FolderStore, remove, storage, type Place, type Segment } from './folder-store.ts'
import { newPatientStore } from './patient-store.ts'
import { SEGMENT_HEAD, readSegmentHead, recordsOf, type FrameRecord } from './record.ts'

/**
 * Numbers left out at a new beginning, in case the last frames that were sent are not in the folder any more (power
 * cut, damage): their numbers must not go to other readings, which the server would take for repeats.
 */
const SKIPPED_SEQS = 65_536
const SEGMENT = /^frames-(\d{10})\.log$/

interface Found {
  readonly segment: Segment
  readonly record: FrameRecord
}

/** What the segments of a folder say. */
class Findings {
  instance = ''
  nextSeq = 1
  number = 1
  readonly frames = new Map<number, Found>()
  readonly damage: string[] = []
  readonly segments: Segment[] = []

  read(folder: string, name: string): void {
    const path = join(folder, name)
    const bytes = readFileSync(path)
    const head = readSegmentHead(bytes)
    this.number = Number(SEGMENT.exec(name)![1]) + 1
    const segment = { path, file: openSync(path, 'r+'), live: 0 }
    this.segments.push(segment)
    if (head === null) {
      // a shorter one was being begun
      if (bytes.length >= SEGMENT_HEAD) this.damage.push(`${path}: its beginning is not what was written`)
    } else this.#follow(head.instance, head.nextSeq)
    const { records, damagedAt } = recordsOf(bytes)
    for (const at of damagedAt) this.damage.push(`${path}: byte ${at} is not what was written`)
    for (const record of records) this.#take(segment, record)
  }

  #follow(instance: string, nextSeq: number): void {
    // under a new name nothing of the former one is unsettled
    if (instance !== this.instance) this.nextSeq = 1
    this.instance = instance
    this.nextSeq = Math.max(this.nextSeq, nextSeq)
  }

  #take(segment: Segment, record: FrameRecord): void {
    this.nextSeq = Math.max(this.nextSeq, record.seq + 1)
    this.frames.delete(record.replaces)
    if (!record.isSettled) this.frames.set(record.seq, { segment, record })
  }
}

/**
 * Opens a client's folder, makes it if it isn't there, and finds what was not settled when its last client ended.
 * Throws `data-dir-in-use` or `storage-failed`.
 */
export function openFolder(folder: string, isSynced: boolean, memoryBytes: number): Kept {
  storage('make', folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }))
  const release = lockFolder(folder)
  try {
    return storage('open', folder, () => opened(folder, isSynced, memoryBytes, release))
  } catch (error) {
    release()
    throw error
  }
}

function opened(folder: string, isSynced: boolean, memoryBytes: number, release: () => void): Kept {
  const findings = new Findings()
  const names = readdirSync(folder).filter((name) => SEGMENT.test(name))
  for (const name of names.sort()) findings.read(folder, name)
  const instance = findings.instance || newInstance()
  const nextSeq = findings.nextSeq + (findings.instance === '' ? 0 : SKIPPED_SEQS)
  const places = new Map<Frame, Place>()
  const frames = [...findings.frames.values()].map(({ segment, record }) => {
    const frame = recovered(record)
    segment.live++
    places.set(frame, { segment, position: record.position, inMemoryBytes: 0 })
    return frame
  })
  const { number, damage, segments } = findings
  const store = new FolderStore({
    folder,
    instance,
    nextSeq,
    number,
    places,
    isSynced,
    memoryBytes,
    release,
  })
  for (const segment of segments) if (segment.live === 0) remove(segment)
  frames.sort((a, b) => a.seq - b.seq)
  const lost = damage.map(lostBy)
  const openStore: Kept['openStore'] = (emit, clock) => newPatientStore(store, frames, lost, emit, clock)
  return { openStore, instance, nextSeq, frames }
}

function recovered({ seq, frame, createdMs }: FrameRecord): Frame {
  // they are read when needed
  const bytes = new Uint8Array()
  return { ...newCourse(createdMs), seq, count: countOf(frame), bytes, isUncertain: true }
}

const lostBy = (what: string): GivenUp => ({
  readings: [],
  seq: 0,
  reason: `storage-damaged: ${what}`,
  tries: 0,
  isUncertain: true,
})
