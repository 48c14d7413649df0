/** What answers say. */
import { retryAfterMs } from '../../../core/outbound/retry-after.ts'
import { kindOfStatus, TargetFailure } from '../target-adapter.ts'
import type { HttpAnswer } from './exchange.ts'

const LONGEST_SHOWN = 300

/** Of an answer that isn't 2xx; `words`: what its body says about it. */
export function failureOfAnswer(answer: HttpAnswer, words: string, nowEpochMs: number): TargetFailure {
  const { status, retryAfter } = answer
  const redirected = status >= 300 && status < 400 ? ': redirects are not followed' : ''
  const said = words === '' ? '' : `: ${words.slice(0, LONGEST_SHOWN)}`
  const message = `the answer was ${status}${redirected}${said}`
  return new TargetFailure(kindOfStatus(status), message, retryAfterMs(retryAfter, nowEpochMs))
}

/** undefined if it isn't an object of JSON. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

export const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0
