import type { Clock } from '../../core/clock.ts'
import { tellGivenUp, type Emit, type GivenUp } from '../events.ts'
import type { Frame, FrameStore } from '../frame.ts'

/** Frames in files. Calls that fail throw MillraceError `storage-failed`. */
export interface FrameFiles {
  /** Keeps a frame; with `replaces` that frame is settled in the same instant. False: its bytes can't stay in memory. */
  put(frame: Frame, replaces: Frame | null): boolean
  settle(frame: Frame): void
  read(frame: Frame): Uint8Array
  renew(instance: string): void
  close(): void
}

const RETRY_MS = 250
const NOTHING = new Uint8Array()

/**
 * Files as a client uses them: what fails is told, and tried again where it must not be given up. `found` are frames that
 * are in the files already, `lost` is what was damaged.
 */
export function newPatientStore(
  files: FrameFiles,
  found: readonly Frame[],
  lost: readonly GivenUp[],
  emit: Emit,
  clock: Clock,
): FrameStore {
  /** What waits to be kept, the frame that it replaces, and what ends the waiting. */
  const waiting = new Map<Frame, { readonly refused: Frame; readonly cancel: () => void }>()

  function attempt(call: () => void): boolean {
    try {
      call()
      return true
    } catch (error) {
      emit('storageFailed', error)
      return false
    }
  }

  function put(frame: Frame, replaces: Frame | null): void {
    if (!files.put(frame, replaces)) readLater(frame)
  }

  /** Lets go of the bytes of a frame. Not enumerable: who copies a frame doesn't read it. */
  function readLater(frame: Frame): void {
    Object.defineProperty(frame, 'bytes', { get: () => read(frame), enumerable: false, configurable: true })
  }

  function read(frame: Frame): Uint8Array {
    let bytes: Uint8Array = NOTHING
    attempt(() => (bytes = files.read(frame)))
    return bytes
  }

  function replace(frame: Frame, refused: Frame, dueMs = frame.dueMs): void {
    const isKept = attempt(() => put(frame, refused))
    frame.dueMs = isKept ? dueMs : Infinity
    if (isKept) waiting.delete(frame)
    else waiting.set(frame, { refused, cancel: clock.after(RETRY_MS, () => replace(frame, refused, dueMs)) })
  }

  found.forEach(readLater)
  // later, so that there is somebody to hear it
  clock.after(0, () => lost.forEach((givenUp) => tellGivenUp(emit, givenUp)))
  return {
    keep: (frame) => attempt(() => put(frame, null)),
    replace(frame, refused) {
      // who is told of it may read it, and the files can't any more
      Object.defineProperty(refused, 'bytes', { value: refused.bytes })
      replace(frame, refused)
    },
    settle(frame) {
      const wait = waiting.get(frame)
      wait?.cancel()
      waiting.delete(frame)
      attempt(() => files.settle(wait?.refused ?? frame))
    },
    renew: (instance) => attempt(() => files.renew(instance)),
    close() {
      for (const { cancel } of waiting.values()) cancel()
      files.close()
    },
  }
}
