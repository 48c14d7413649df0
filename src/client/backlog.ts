import type { Emit } from './events.ts'
import { READING_BYTES, frameOf, someOf } from './frame-encoder.ts'
import { newCourse, newInstance, type Course, type Frame, type Kept } from './frame.ts'
import { LAST_FRESH_SEQ } from './limits.ts'
import type { Settings } from './options.ts'
import type { ClientStats } from './stats.ts'

/** What the store can't do is told by the event `storageFailed`. */
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
  /** Where numbers run out and everything is settled: begins again under another name and returns true. */
  renew(): boolean | undefined
  /** Takes in a new frame. Undefined: there is no room, or it can't be stored. */
  add(readings: Uint8Array, createdMs: number): Frame | undefined
  /** Settles a frame, some of whose readings were refused, and takes in a frame of those, unless it can't be stored. */
  replace(frame: Frame, indexes: readonly number[]): Frame | undefined
  /** Forgets a frame. If the store can't, it remembers it until the process ends. */
  settle(frame: Frame): void
  /** Bytes of a frame, unless they can't be read. */
  readonly read: (frame: Frame) => Uint8Array | undefined
}

/** Numbers frames, keeps them until they are settled, and bounds how many there are. */
export function newBacklog(settings: Settings, kept: Kept, emit: Emit): Backlog {
  const { client } = settings
  const { store } = kept
  const frames = new Map<number, Frame>()
  let { instance, nextSeq } = kept
  let oldestSeq = kept.frames[0]?.seq ?? nextSeq
  let readings = 0

  const attempt = <T>(call: () => T): T | undefined => {
    try {
      return call()
    } catch (error) {
      emit('storageFailed', error)
    }
  }
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
  const read = (frame: Frame) => frame.bytes ?? attempt(() => store!.read(frame))
  const put = (bytes: Uint8Array, course: Course, replaces: Frame | null) =>
    attempt(() => {
      const frame = frameOf(nextSeq, bytes, course)
      store?.put(frame, frame.bytes, replaces)
      nextSeq++
      enter(frame)
      return frame
    })

  kept.frames.forEach(enter)
  return {
    frames,
    name: () => (client ? `${client}~${instance}` : instance),
    nextSeq: () => nextSeq,
    oldestSeq: () => oldestSeq,
    size,
    read,
    renew: () =>
      attempt(() => {
        if (nextSeq <= LAST_FRESH_SEQ || frames.size) return false
        const another = newInstance()
        store?.renew(another)
        instance = another
        nextSeq = oldestSeq = 1
        return true
      }),
    add(more, createdMs) {
      const { bytes } = size()
      const isRoom =
        nextSeq <= LAST_FRESH_SEQ &&
        frames.size < settings.bufferFrames &&
        bytes + more.length + READING_BYTES <= settings.bufferBytes
      if (isRoom) return put(more, newCourse(createdMs), null)
    },
    replace(frame, indexes) {
      const bytes = read(frame)
      frame.again = bytes && put(someOf(bytes, indexes), frame, frame)
      if (!frame.again) return
      // who is told of it may read it, and the store can't any more
      frame.bytes = bytes!
      leave(frame)
      return frame.again
    },
    settle(frame) {
      leave(frame)
      attempt(() => store?.settle(frame))
    },
  }
}
