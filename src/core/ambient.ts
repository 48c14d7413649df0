import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/**
 * Time and chance of whatever runtime this is, browsers included: no process, no threads to agree with, no seed.
 */
export const ambientClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  every(everyMs, task) {
    // a number in browsers, an object in Node
    const timer = setInterval(task, everyMs) as unknown as number | { unref?(): void }
    if (typeof timer === 'object') timer.unref?.()
    return () => clearInterval(timer as number)
  },
  after(afterMs, task) {
    const timer = setTimeout(task, afterMs)
    return () => clearTimeout(timer)
  },
}

export const ambientRandom: Random = () => Math.random()
