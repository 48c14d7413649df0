import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/** What a browser or Node has for one; only Node's keeps a process alive. */
type Timer = number & { unref?(): void }

/**
 * Time and chance of whatever runtime this is, browsers included: no process, no threads to agree with, no seed.
 */
export const ambientClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  every(everyMs, task) {
    const timer = setInterval(task, everyMs) as unknown as Timer
    timer.unref?.()
    return () => clearInterval(timer)
  },
  after(afterMs, task) {
    const timer = setTimeout(task, afterMs)
    return () => clearTimeout(timer)
  },
}

export const ambientRandom: Random = Math.random
