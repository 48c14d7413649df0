import type { Clock } from '../core/clock.ts'
import type { Emit } from './events.ts'

/** What has become of readings. */
export interface Course {
  /** When the oldest of them was handed over, milliseconds since 1970. */
  readonly createdMs: number
  /** Times they were refused. */
  tries: number
  /** Not to be sent before this time of the clock; Infinity = not at all, they wait for the store. */
  dueMs: number
  /** Whether they may have been taken without an answer having reached us. */
  isUncertain: boolean
}

/** A frame that is not settled yet: neither acknowledged nor given up. */
export interface Frame extends Course {
  readonly seq: number
  readonly count: number
  /** Empty if they can't be read back from the store. */
  readonly bytes: Uint8Array
  /** Where its readings go on, if some were refused. */
  again?: Frame
}

/** Of readings that have just been handed over. */
export const newCourse = (createdMs: number): Course => ({
  createdMs,
  tries: 0,
  dueMs: 0,
  isUncertain: false,
})

/**
 * Where frames are kept besides memory until they are settled. A frame is kept before it is sent for the first time, so
 * that its number is never given to other readings after a crash. What fails is told by the event `storageFailed`.
 */
export interface FrameStore {
  /** Keeps a new frame; false if it can't. */
  keep(frame: Frame): boolean
  /** Keeps a frame of readings of another one, which is settled in the same instant. Holds it back until that works. */
  replace(frame: Frame, refused: Frame): void
  /** Forgets a frame. If it can't, it remembers it until the process ends. */
  settle(frame: Frame): void
  /** Begins a new life under another instance name, numbers from one; there are no unsettled frames. False if it can't. */
  renew(instance: string): boolean
  close(): void
}

/** What a client begins with. */
export interface Kept {
  /** Begins to keep frames, and to tell of what is lost. Without it frames end with the process. */
  readonly openStore?: (emit: Emit, clock: Clock) => FrameStore
  /** Makes the client's name unique among all clients that ever counted from one. */
  readonly instance: string
  readonly nextSeq: number
  /** Unsettled, ascending by number. */
  readonly frames: readonly Frame[]
}

/** A name nobody has had before: 64 random bits. */
export const newInstance = (): string => crypto.getRandomValues(new BigUint64Array(1))[0].toString(36)

/** Nothing kept from before, and nothing for afterwards. */
export const newKept = (): Kept => ({ instance: newInstance(), nextSeq: 1, frames: [] })
