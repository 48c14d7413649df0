/** Time, injected. `nowMs` is monotonic and shared by all threads of the process; `epochMs` is wall-clock time. */
export interface Clock {
  /** Monotonic milliseconds (fractional) on a scale common to all threads. */
  nowMs(): number
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  epochMs(): number
  /** Calls `task` every `everyMs`; returns a function that ends it. The timer doesn't keep the process alive. */
  every(everyMs: number, task: () => void): () => void
  /** Calls `task` once after `afterMs`; returns a function that cancels it. */
  after(afterMs: number, task: () => void): () => void
}

/** The machine's clock. Threads agree because both terms are tied to one monotonic source at thread start. */
export function systemClock(): Clock {
  const base = monotonicBaseMs()
  return {
    nowMs: () => performance.now() + base,
    epochMs: () => Date.now(),
    every(everyMs, task) {
      const timer = setInterval(task, everyMs)
      timer.unref()
      return () => clearInterval(timer)
    },
    after(afterMs, task) {
      const timer = setTimeout(task, afterMs)
      return () => clearTimeout(timer)
    },
  }
}

const CALIBRATIONS = 20

/** What to add to this thread's `performance.now()`: measured several times, the least disturbed one counts. */
function monotonicBaseMs(): number {
  let base = 0
  let narrowestMs = Infinity
  for (let i = 0; i < CALIBRATIONS; i++) {
    const before = performance.now()
    const [seconds, nanos] = process.hrtime()
    const after = performance.now()
    if (after - before >= narrowestMs) continue
    narrowestMs = after - before
    base = seconds * 1000 + nanos / 1e6 - (before + after) / 2
  }
  return base
}
