import { READING_BYTES, frameOf, someOf } from './frame-encoder.ts'
import { newCourse, newInstance, type Frame, type FrameStore, type Kept } from './frame.ts'
import { LAST_FRESH_SEQ } from './limits.ts'
import type { Settings } from './options.ts'
import type { ClientStats } from './stats.ts'

export interface Backlog {
  /** All frames that are not settled, by number. */
  readonly frames: ReadonlyMap<number, Frame>
  /** What the server knows the client by. */
  readonly name: () => string
  readonly nextSeq: () => number
  /** Number of the oldest unsettled frame, or the next one if there is none. */
  readonly oldestSeq: () => number
  /** What is in those frames, with so many readings besides; the head of each is as long as a reading. */
  readonly size: (more?: number) => ClientStats['unsettled']
  /** Where numbers have run out and everything is settled: begins again under another name and returns true. */
  renew(): boolean
  /** Takes in a new frame. Undefined: there is no room, or it can't be stored. */
  add(readings: Uint8Array, createdMs: number): Frame | undefined
  /** Settles a frame, some of whose readings were refused, and takes in a frame of those. */
  replace(frame: Frame, indexes: readonly number[]): Frame
  settle(frame: Frame): void
}

/** Numbers frames, keeps them until they are settled, and bounds how many there are. */
export function newBacklog(settings: Settings, kept: Kept, store: FrameStore | undefined): Backlog {
  const { client } = settings
  const frames = new Map<number, Frame>()
  let { instance, nextSeq } = kept
  let oldestSeq = kept.frames[0]?.seq ?? nextSeq
  let readings = 0

  const enter = (frame: Frame) => {
    frames.set(frame.seq, frame)
    readings += frame.count
  }
  const leave = (frame: Frame) => {
    if (frames.delete(frame.seq)) readings -= frame.count
    while (oldestSeq < nextSeq && !frames.has(oldestSeq)) oldestSeq++
  }
  const size = (more = 0) => ({
    frames: frames.size,
    readings: readings + more,
    bytes: (readings + frames.size) * READING_BYTES,
  })
  const isUsedUp = () => nextSeq > LAST_FRESH_SEQ

  kept.frames.forEach(enter)
  return {
    frames,
    name: () => (client ? `${client}~${instance}` : instance),
    nextSeq: () => nextSeq,
    oldestSeq: () => oldestSeq,
    size,
    renew() {
      if (!isUsedUp() || frames.size) return false
      const another = newInstance()
      if (store?.renew(another) === false) return false
      instance = another
      nextSeq = oldestSeq = 1
      return true
    },
    add(more, createdMs) {
      const bytes = size().bytes + more.length + READING_BYTES
      if (isUsedUp() || frames.size >= settings.bufferFrames || bytes > settings.bufferBytes) return
      const frame = frameOf(nextSeq, more, newCourse(createdMs))
      if (store?.keep(frame) === false) return
      nextSeq++
      enter(frame)
      return frame
    },
    replace(frame, indexes) {
      const again = frameOf(nextSeq++, someOf(frame.bytes, indexes), frame)
      store?.replace(again, frame)
      frame.again = again
      enter(again)
      leave(frame)
      return again
    },
    settle(frame) {
      leave(frame)
      store?.settle(frame)
    },
  }
}
