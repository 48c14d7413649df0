/** Looks for times that fit. `judge` is asked of a shift in milliseconds from the wanted time. */
import { STEP_MS, type Verdict } from './admission.ts'

type Judge = (shiftMs: number) => Verdict

/** The least shift from `fromMs` to `toMs` that fits. */
export function firstFit(judge: Judge, fromMs: number, toMs: number): number | undefined {
  for (let shiftMs = fromMs; shiftMs <= toMs;) {
    const verdict = judge(shiftMs)
    if (verdict.fits) return shiftMs
    shiftMs += Math.max(1, verdict.laterMs)
  }
  return undefined
}

const NEAREST = 3

/** Up to three shifts that fit, the smallest first: at most one to earlier, not before `fromMs`. */
export function nearestFits(judge: Judge, fromMs: number, toMs: number): number[] {
  const found: number[] = []
  let next: number | undefined = STEP_MS
  while (found.length < NEAREST) {
    next = firstFit(judge, next, toMs)
    if (next === undefined) break
    found.push(next)
    next += STEP_MS
  }
  for (let shiftMs = -STEP_MS; shiftMs >= fromMs; shiftMs -= STEP_MS)
    if (judge(shiftMs).fits) {
      found.push(shiftMs)
      break
    }
  return found.sort((a, b) => Math.abs(a) - Math.abs(b)).slice(0, NEAREST)
}
