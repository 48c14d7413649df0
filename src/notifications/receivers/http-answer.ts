import { SinkDown, SinkRefusal } from '../../sinks/sink.ts'
import type { PostAnswer } from '../../sinks/webhook/poster.ts'
import { retryAfterMs } from '../../core/outbound/retry-after.ts'

/** What is said is not understood, or too large; saying it again won't help. */
const REFUSING = new Set([400, 409, 413, 415, 422])

/** Returns if it was taken. Throws a SinkRefusal or a SinkDown otherwise. */
export function checkAnswer({ status, retryAfter }: PostAnswer, epochMs: number): void {
  if (status >= 200 && status < 300) return
  if (REFUSING.has(status)) throw new SinkRefusal(`the receiver answered ${status}`)
  const redirected = status >= 300 && status < 400 ? ': redirects are not followed' : ''
  throw new SinkDown(`the receiver answered ${status}${redirected}`, retryAfterMs(retryAfter, epochMs))
}
