import type { Clock } from './clock.ts'

/** A clock costs as much as checking a small frame; frames of at most this many bytes together share one reading of it. */
const BYTES_PER_READING = 2048
/** What a frame counts at least, whatever its length. */
const MIN_BYTES = 128

/**
 * Time for what comes in many times per turn of the event loop: the clock is read at the first call of a turn and at
 * after every sixteenth small frame, so what is returned is older than now by the work of a few frames at most.
 */
export function turnTime(clock: Clock): (bytes: number) => number {
  let nowMs = 0
  let bytesLeft = 0
  let isArmed = false
  const expire = (): void => {
    bytesLeft = 0
    isArmed = false
  }
  return (bytes) => {
    bytesLeft -= Math.max(bytes, MIN_BYTES)
    if (bytesLeft > 0) return nowMs
    bytesLeft = BYTES_PER_READING
    nowMs = clock.nowMs()
    if (!isArmed) setImmediate(expire)
    isArmed = true
    return nowMs
  }
}
