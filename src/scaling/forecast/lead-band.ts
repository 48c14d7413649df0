/**
 * What is learned for a span of lead times, such as 5 to 30 seconds ahead: which way to forecast is right there, and how
 * demand is spread around the forecast. Every now and then it makes a trial: it notes what each way says of the highest
 * demand in the span, waits until the span is over, and compares.
 */
import { RatioSketch } from './ratio-sketch.ts'
import type { Learned } from './snapshot.ts'

/** Ways to forecast, from the shortest sight to the longest. */
export const WAYS = ['level', 'trend', 'minute', 'hour'] as const

/** Highest demand that each way expects of a time, in the order of WAYS; NaN = it can't say. */
export type Candidates = Float64Array

export interface BandSpan {
  readonly fromMs: number
  readonly untilMs: number
}

interface Trial {
  readonly from: number
  readonly until: number
  readonly candidates: Candidates
  readonly expected: number
  highest: number
}

const DAY_MS = 86_400_000
/** Relative errors (root mean square) that are assumed of each way before anything is known, and the trials that this counts for. */
const ASSUMED = [0.2, 0.25, 0.3, 0.4]
const ASSUMED_TRIALS = 2
const TRIALS_PER_SPAN = 4
const SKETCH_MEMORY = 200
const LEAST_DEMAND = 1
const NOTHING = 1e-9

export class LeadBand {
  readonly span: BandSpan
  readonly ratios: RatioSketch
  /** Discounted sum of squared relative errors by way: a miss of half the demand is worse than many of a hundredth. */
  readonly errors = Float64Array.from(ASSUMED, (error) => error ** 2 * ASSUMED_TRIALS)
  readonly counts = new Float64Array(WAYS.length).fill(ASSUMED_TRIALS)
  readonly #weights = new Float64Array(WAYS.length)
  /** What errors and counts come to, by way; to be worked out again after they have changed. */
  readonly #qualities = new Float64Array(WAYS.length)
  #isJudged = false
  readonly #everyMs: number
  /** Half of it is forgotten after a day, or after 20 trials. */
  readonly #discount: number
  /** The earliest first: all take as long. */
  readonly #trials: Trial[] = []
  #nextTrial = -Infinity

  constructor(span: BandSpan) {
    this.span = span
    this.ratios = new RatioSketch(SKETCH_MEMORY)
    this.#everyMs = Math.max(1000, (span.untilMs - span.fromMs) / TRIALS_PER_SPAN)
    this.#discount = 0.5 ** Math.min(this.#everyMs / DAY_MS, 1 / 20)
  }

  /** What a snapshot keeps. */
  get learned(): Learned {
    this.ratios.renormalise()
    return [this.ratios.counts, this.errors, this.counts]
  }

  /** What was learned before is there again. */
  resume(): void {
    this.ratios.renormalise()
    this.#isJudged = false
  }

  /** Weights of the ways that can say something, in the order of WAYS; they sum to 1. Used again by the next call. */
  weights(candidates: Candidates): Float64Array {
    if (!this.#isJudged) this.#judge()
    const weights = this.#weights
    let sum = 0
    for (let way = 0; way < weights.length; way++) {
      weights[way] = Number.isNaN(candidates[way]) ? 0 : this.#qualities[way]
      sum += weights[way]
    }
    for (let way = 0; way < weights.length; way++) weights[way] /= sum
    return weights
  }

  #judge(): void {
    this.#isJudged = true
    for (let way = 0; way < this.#qualities.length; way++)
      this.#qualities[way] = (this.counts[way] / (this.errors[way] + NOTHING)) ** 2
  }

  /** Whether a trial is due for a forecast made at `now`. */
  isDue(now: number): boolean {
    return now >= this.#nextTrial
  }

  begin(now: number, candidates: Candidates, expected: number): void {
    this.#nextTrial = now + this.#everyMs
    const { fromMs, untilMs } = this.span
    const [from, until] = [now + fromMs, now + untilMs]
    this.#trials.push({ from, until, candidates: candidates.slice(), expected, highest: NaN })
  }

  /** A second that began at `at`; `demand` NaN = it says nothing: trials over it end without a result. */
  observe(at: number, demand: number): void {
    const trials = this.#trials
    while (trials.length > 0 && at >= trials[0].until) this.#conclude(trials.shift() as Trial)
    if (Number.isNaN(demand)) while (trials.length > 0 && at >= trials[0].from) trials.shift()
    for (let index = 0; index < trials.length && at >= trials[index].from; index++)
      if (!(trials[index].highest >= demand)) trials[index].highest = demand
  }

  #conclude({ candidates, expected, highest }: Trial): void {
    if (Number.isNaN(highest)) return
    this.#isJudged = false
    this.ratios.add(Math.max(LEAST_DEMAND, highest) / Math.max(LEAST_DEMAND, expected))
    for (let way = 0; way < candidates.length; way++) {
      const said = candidates[way]
      if (Number.isNaN(said)) continue
      const off = (said - highest) / Math.max(LEAST_DEMAND, said, highest)
      this.errors[way] = this.errors[way] * this.#discount + off * off
      this.counts[way] = this.counts[way] * this.#discount + 1
    }
  }
}
