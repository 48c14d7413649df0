import type { Severity } from '../core/alert.ts'
import type { Labels } from './labels.ts'
import type { Matcher } from './matcher.ts'

export interface EscalationStep {
  readonly afterMs: number
  /** What it becomes at least. */
  readonly severity: Severity | undefined
  readonly labels: Labels
}

export interface EscalationPolicy {
  readonly match: readonly Matcher[]
  /** By time. */
  readonly steps: readonly EscalationStep[]
}
