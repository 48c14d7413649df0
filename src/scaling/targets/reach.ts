/** Whether a target can be reached, by how its last requests ended. */
import type { TargetFailure } from './target-adapter.ts'

/** It answers, if only that it can't now. */
const ANSWERS = ['busy', 'throttled']

export class Reach {
  readonly #unreachableAfter: number
  #isKnown = false
  /** In a row. */
  failures = 0
  lastError = ''
  failed = 0
  throttled = 0

  constructor(unreachableAfter: number) {
    this.#unreachableAfter = unreachableAfter
  }

  get state(): 'unknown' | 'reachable' | 'unreachable' {
    if (this.failures >= this.#unreachableAfter) return 'unreachable'
    return this.#isKnown ? 'reachable' : 'unknown'
  }

  succeeded(): void {
    this.#isKnown = true
    this.failures = 0
    this.lastError = ''
  }

  failedBy(failure: TargetFailure): void {
    this.failed++
    this.lastError = failure.message
    if (failure.kind === 'throttled') this.throttled++
    this.failures = ANSWERS.includes(failure.kind) ? 0 : this.failures + 1
    this.#isKnown ||= this.failures === 0
  }
}
