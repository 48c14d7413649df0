import type { GivenUp } from './events.ts'

/** What has become of readings. */
export interface Course {
  /** When its oldest reading was handed over, milliseconds since 1970. */
  readonly createdMs: number
  /** Times it, or the frame its readings were refused in, was refused. */
  tries: number
  /** Not to be sent before this time of the clock; Infinity = not at all, it waits for the store. */
  dueMs: number
  /** Whether it may have been taken without an answer having reached us. */
  isUncertain: boolean
}

/** A frame that is not settled yet: neither acknowledged nor given up. */
export interface Frame extends Course {
  readonly seq: number
  readonly count: number
  /** null = in the store only. */
  bytes: Uint8Array | null
  /** Where its readings go on, if some were refused. */
  again?: Frame | undefined
}

/** Of readings that have just been handed over. */
export const newCourse = (createdMs: number): Course => ({
  createdMs,
  tries: 0,
  dueMs: 0,
  isUncertain: false,
})

/**
 * Where frames are kept besides memory until they are settled. A frame is put before it is sent for the first time, so
 * that its number is never given to other readings after a crash. Calls that fail throw MillraceError `storage-failed`.
 */
export interface FrameStore {
  /** Keeps a frame; with `replaces` the frame of that number is settled in the same instant. May clear its `bytes`. */
  put(frame: Frame, bytes: Uint8Array, replaces: Frame | null): void
  settle(frame: Frame): void
  read(frame: Frame): Uint8Array
  /** Begins a new life under another instance name, numbers from one; there are no unsettled frames. */
  renew(instance: string): void
  close(): void
}

/** What a client begins with. */
export interface Kept {
  /** null = frames end with the process. */
  readonly store: FrameStore | null
  /** Makes the client's name unique among all clients that ever counted from one. */
  readonly instance: string
  readonly nextSeq: number
  /** Unsettled, ascending by number. */
  readonly frames: readonly Frame[]
  /** What could not be read. */
  readonly lost: readonly GivenUp[]
}

/** A name nobody has had before: 64 random bits. */
export const newInstance = (): string => crypto.getRandomValues(new BigUint64Array(1))[0].toString(36)

/** Nothing kept from before, and nothing for afterwards. */
export const newKept = (): Kept => ({
  store: null,
  instance: newInstance(),
  nextSeq: 1,
  frames: [],
  lost: [],
})
