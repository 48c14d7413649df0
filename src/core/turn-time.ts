import type { Clock } from './clock.ts'

/** A clock costs as much as checking a small frame; at most this many calls share one reading of it. */
const CALLS_PER_READING = 16

/**
 * Time for what comes in many times per turn of the event loop: the clock is read at the first call of a turn and at
 * every sixteenth after it, so what is returned is older than now by the work of a few frames at most.
 */
export function turnTime(clock: Clock): () => number {
  let nowMs = 0
  let callsLeft = 0
  let isArmed = false
  const expire = (): void => {
    callsLeft = 0
    isArmed = false
  }
  return () => {
    if (callsLeft-- > 0) return nowMs
    callsLeft = CALLS_PER_READING - 1
    nowMs = clock.nowMs()
    if (!isArmed) setImmediate(expire)
    isArmed = true
    return nowMs
  }
}
