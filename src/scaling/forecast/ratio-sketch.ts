/**
 * Running quantiles of demand / forecast: counts in bins of equal width on a logarithmic scale, forgetting exponentially
 * (every count shrinks a little with each new one; done by letting what is added grow). No distribution is assumed.
 * It begins with a few made-up counts around 1, so that a quantile is a cautious one before much has been seen.
 */
const BINS = 256
/** Ratios from 1/16 to 16; what is beyond counts at the ends. */
const REACH = Math.log(16)
const RENORMALISE = 1e12
const PRIOR_SPREAD = 0.2
const PRIOR_COUNT = 8

export class RatioSketch {
  readonly counts = prior()
  /** What the next ratio adds. */
  #worth = 1
  readonly #growth: number
  /** Quantiles asked for since the counts changed last. */
  readonly #known = new Map<number, number>()
  /** The one asked for last, and what it came to; NaN = the counts have changed. */
  #share = NaN
  #quantile = NaN

  /** `memory`: ratios that count about fully. */
  constructor(memory: number) {
    this.#growth = 1 + 1 / memory
  }

  add(ratio: number): void {
    this.counts[binOf(ratio)] += this.#worth
    this.#worth *= this.#growth
    this.#forget()
    if (this.#worth > RENORMALISE) this.renormalise()
  }

  /** Makes what the next ratio adds 1 again; to be called, too, when counts were put in from elsewhere. */
  renormalise(): void {
    this.#forget()
    for (let bin = 0; bin < BINS; bin++) this.counts[bin] /= this.#worth
    this.#worth = 1
  }

  /** The ratio below which `share` of them lie; between bins linear. */
  quantile(share: number): number {
    if (share === this.#share) return this.#quantile
    const found = this.#known.get(share) ?? this.#find(share)
    this.#known.set(share, found)
    this.#share = share
    return (this.#quantile = found)
  }

  #forget(): void {
    this.#known.clear()
    this.#share = NaN
  }

  #find(share: number): number {
    const { counts } = this
    let all = 0
    for (let bin = 0; bin < BINS; bin++) all += counts[bin]
    let below = 0
    const wanted = share * all
    for (let bin = 0; bin < BINS; bin++) {
      const count = counts[bin]
      if (count > 0 && below + count >= wanted) return ratioAt(bin + (wanted - below) / count)
      below += count
    }
    return ratioAt(BINS)
  }
}

function binOf(ratio: number): number {
  const place = ((Math.log(ratio) + REACH) / (2 * REACH)) * BINS
  return Math.min(BINS - 1, Math.max(0, Math.floor(place)))
}

const ratioAt = (place: number): number => Math.exp((place / BINS) * 2 * REACH - REACH)

function prior(): Float64Array {
  const counts = new Float64Array(BINS)
  let sum = 0
  for (let bin = 0; bin < BINS; bin++) {
    counts[bin] = Math.exp(-Math.abs(Math.log(ratioAt(bin + 0.5))) / PRIOR_SPREAD)
    sum += counts[bin]
  }
  return counts.map((count) => (count * PRIOR_COUNT) / sum)
}
