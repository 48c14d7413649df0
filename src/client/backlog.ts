import { READING_BYTES, frameOf, someOf } from './frame-encoder.ts'
import { newInstance, type Frame, type Kept } from './frame.ts'

/** Numbers above are left for frames of refused readings, which must find one at any time. */
const LAST_FRESH_SEQ = 0xffff_0000

export interface Backlog {
  /** All frames that are not settled, by number. */
  readonly frames: ReadonlyMap<number, Frame>
  readonly instance: () => string
  readonly nextSeq: () => number
  /** Number of the oldest unsettled frame, or the next one if there is none. */
  readonly oldestSeq: () => number
  /** What is in those frames; the head of each is as long as a reading. */
  readonly size: () => { readonly frames: number; readonly readings: number; readonly bytes: number }
  /** True when numbers run out and everything is settled: begins again under a new name. */
  renewIfUsedUp(): boolean
  /** Takes in a new frame; null = no room. Throws if it can't be stored. */
  add(readings: Uint8Array, createdMs: number): Frame | null
  /** Settles a frame, some of whose readings were refused, and takes in a frame of those. Throws like `add`. */
  replace(frame: Frame, indexes: readonly number[]): Frame
  /** Forgets a frame. Throws if the store can't, which then remembers it until the process ends. */
  settle(frame: Frame): void
  bytesOf(frame: Frame): Uint8Array
}

/** Numbers frames, keeps them until they are settled, and bounds how many there are. */
export function newBacklog(kept: Kept, maxFrames: number, maxBytes: number): Backlog {
  const { store } = kept
  const frames = new Map<number, Frame>()
  let { instance, nextSeq } = kept
  let oldestSeq = nextSeq
  let readings = 0

  const enter = (frame: Frame) => {
    oldestSeq = Math.min(oldestSeq, frame.seq)
    frames.set(frame.seq, frame)
    readings += frame.count
  }
  const leave = (frame: Frame) => {
    if (frames.delete(frame.seq)) readings -= frame.count
    while (oldestSeq < nextSeq && !frames.has(oldestSeq)) oldestSeq++
  }
  const size = () => ({ frames: frames.size, readings, bytes: (readings + frames.size) * READING_BYTES })
  const bytesOf = (frame: Frame) => frame.bytes ?? store!.read(frame)
  const put = (frame: Frame & { bytes: Uint8Array }, replaces: Frame | null) => {
    store?.put(frame, frame.bytes, replaces)
    nextSeq++
    enter(frame)
    return frame
  }

  kept.frames.forEach(enter)
  return {
    frames,
    instance: () => instance,
    nextSeq: () => nextSeq,
    oldestSeq: () => oldestSeq,
    size,
    bytesOf,
    renewIfUsedUp() {
      if (nextSeq <= LAST_FRESH_SEQ || frames.size) return false
      const name = newInstance()
      store?.renew(name)
      instance = name
      nextSeq = oldestSeq = 1
      return true
    },
    add(more, createdMs) {
      const isRoom = frames.size < maxFrames && size().bytes + more.length + READING_BYTES <= maxBytes
      return isRoom && nextSeq <= LAST_FRESH_SEQ ? put(frameOf(nextSeq, more, createdMs), null) : null
    },
    replace(frame, indexes) {
      const fresh = frameOf(nextSeq, someOf(bytesOf(frame), indexes), frame.createdMs)
      const { tries, dueMs } = frame
      const again = put({ ...fresh, tries, dueMs }, frame)
      leave(frame)
      return again
    },
    settle(frame) {
      leave(frame)
      store?.settle(frame)
    },
  }
}
