/** Waiting that ends: by a clock, or because the target is closed. */
import type { Clock } from '../../core/clock.ts'
import { TargetFailure } from './target-adapter.ts'

const CLOSED = 'it was closed'

/** Resolves after `ms`, or at once when `ended` is aborted. */
export async function pause(clock: Clock, ms: number, ended: AbortSignal): Promise<void> {
  if (ms <= 0 || ended.aborted) return
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      cancel()
      ended.removeEventListener('abort', wake)
      resolve()
    }
    const cancel = clock.after(ms, wake)
    ended.addEventListener('abort', wake)
  })
}

/**
 * What `work` comes to, or a failure once the time is over or `ended` is aborted; its signal is aborted then, and whether it
 * listens doesn't matter.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  ended: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (ended.aborted) throw new TargetFailure('unavailable', CLOSED)
  const attempt = new AbortController()
  const stop = (reason: string): void => attempt.abort(new TargetFailure('unavailable', reason))
  const end = (): void => stop(CLOSED)
  const cancel = clock.after(ms, () => stop(`no answer within ${ms} ms`))
  ended.addEventListener('abort', end)
  const stopped = new Promise<never>((_, reject) => {
    attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason as TargetFailure))
  })
  try {
    return await Promise.race([work(attempt.signal), stopped])
  } finally {
    cancel()
    ended.removeEventListener('abort', end)
  }
}
