import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/**
 * Time and chance of whatever runtime this is, browsers included: no process, no threads to agree with, no seed.
 */
export const ambientClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  every(everyMs, task) {
    const timer: unknown = setInterval(task, everyMs)
    // a number in browsers, an object in Node
    if (typeof timer === 'object') (timer as { unref?(): void } | null)?.unref?.()
    return () => clearInterval(timer as number)
  },
  after(afterMs, task) {
    const timer = setTimeout(task, afterMs)
    return () => clearTimeout(timer)
  },
}

export const ambientRandom: Random = () => Math.random()
