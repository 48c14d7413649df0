import type { Lookup } from '../definition/outside.ts'
import type { ReadingBlock } from '../definition/reading-block.ts'
import type { Band } from '../definition/rule-spec.ts'
import type { Rule } from './rule.ts'

/** A limit of a rule, beyond which its condition holds. */
interface Limit {
  readonly at: number
  readonly rule: Rule
}

const METRICS = 65_536

/**
 * The rules about a metric, by what makes them hold: most readings are beyond no limit of a hundred rules, which four
 * comparisons with the nearest ones tell.
 */
export class MetricRules {
  /** Rules that remember something of every series. */
  readonly tracking: readonly Rule[]
  readonly #fences: readonly Rule[]
  readonly #highValues: readonly Limit[]
  readonly #lowValues: readonly Limit[]
  readonly #highScores: readonly Limit[]
  readonly #lowScores: readonly Limit[]

  constructor(rules: readonly Rule[]) {
    this.tracking = rules.filter(({ isTracking }) => isTracking)
    this.#fences = rules.filter(({ spec }) => spec.condition.kind === 'geofence')
    this.#highValues = limitsOf(rules, 'threshold', 'above')
    this.#lowValues = limitsOf(rules, 'threshold', 'below')
    this.#highScores = limitsOf(rules, 'baseline', 'above')
    this.#lowScores = limitsOf(rules, 'baseline', 'below')
  }

  /** No rule's condition holds for the reading, and none remembers it. */
  isQuiet({ value, score, lat }: ReadingBlock, row: number): boolean {
    return (
      !(value[row] > first(this.#highValues, Infinity)) &&
      !(value[row] < first(this.#lowValues, -Infinity)) &&
      !(score[row] > first(this.#highScores, Infinity)) &&
      !(score[row] < first(this.#lowScores, -Infinity)) &&
      this.tracking.length === 0 &&
      (this.#fences.length === 0 || Number.isNaN(lat[row]))
    )
  }

  /** Calls `visit` with each rule that the reading by itself may make hold. */
  candidates({ value, score }: ReadingBlock, row: number, visit: (rule: Rule) => void): void {
    for (const { at, rule } of this.#highValues)
      if (value[row] > at) visit(rule)
      else break
    for (const { at, rule } of this.#lowValues)
      if (value[row] < at) visit(rule)
      else break
    for (const { at, rule } of this.#highScores)
      if (score[row] > at) visit(rule)
      else break
    for (const { at, rule } of this.#lowScores)
      if (score[row] < at) visit(rule)
      else break
    for (const rule of this.#fences) visit(rule)
  }
}

const first = (limits: readonly Limit[], none: number): number => (limits.length === 0 ? none : limits[0].at)

/** The nearest limit first. */
function limitsOf(
  rules: readonly Rule[],
  kind: 'threshold' | 'baseline',
  side: keyof Band,
): readonly Limit[] {
  const limits = rules.flatMap((rule) => {
    const { condition } = rule.spec
    const at = condition.kind === kind ? condition[side] : undefined
    return at === undefined ? [] : [{ at, rule }]
  })
  return limits.sort((a, b) => (side === 'above' ? a.at - b.at : b.at - a.at))
}

/** The rules by the numbers of metrics, which names may get later. */
export class RuleIndex {
  readonly #lookup: Lookup
  readonly #rules: readonly Rule[]
  readonly #everywhere: MetricRules | undefined
  readonly #byMetric: (MetricRules | undefined)[]
  readonly #unnamed: Set<string>

  /** `rules` that look at readings, in the order in which they are told. */
  constructor(rules: readonly Rule[], lookup: Lookup) {
    this.#rules = rules
    this.#lookup = lookup
    const everywhere = rules.filter(({ spec }) => spec.metrics.length === 0)
    this.#everywhere = everywhere.length === 0 ? undefined : new MetricRules(everywhere)
    this.#byMetric = new Array<MetricRules | undefined>(METRICS).fill(this.#everywhere)
    this.#unnamed = new Set(rules.flatMap(({ spec }) => spec.metrics))
  }

  /** Undefined: no rule is about the metric. */
  of(metric: number): MetricRules | undefined {
    return this.#byMetric[metric]
  }

  /** Metrics that nobody had named before; a reading of one can only come once it is. */
  learn(): void {
    for (const name of this.#unnamed) {
      const id = this.#lookup.metricId(name)
      if (id === undefined) continue
      this.#unnamed.delete(name)
      this.#byMetric[id] = new MetricRules(
        this.#rules.filter(({ spec: { metrics } }) => metrics.length === 0 || metrics.includes(name)),
      )
    }
  }
}
