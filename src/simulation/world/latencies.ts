/** Amounts by how long they took, in logarithmic bins of 9 %: from 10 µs to three hours. */
const LEAST_MS = 0.01
const PER_DOUBLING = 8
const BINS = 240

export class Latencies {
  readonly #bins = new Float64Array(BINS)
  #amount = 0

  get amount(): number {
    return this.#amount
  }

  add(amount: number, ms: number): void {
    this.addTo(latencyBin(ms), amount)
  }

  /** For those who add to several: the bin from `latencyBin`. */
  addTo(bin: number, amount: number): void {
    this.#bins[bin] += amount
    this.#amount += amount
  }

  /** Within the bin in which it lies as if this were filled evenly; NaN = nothing was added. */
  quantile(share: number): number {
    if (this.#amount === 0) return NaN
    let left = share * this.#amount
    for (let bin = 0; bin < BINS; bin++) {
      const there = this.#bins[bin]
      if (there > 0 && left <= there) return msAt(bin + left / there)
      left -= there
    }
    return msAt(BINS)
  }

  clear(): void {
    if (this.#amount === 0) return
    this.#bins.fill(0)
    this.#amount = 0
  }
}

export const latencyBin = (ms: number): number =>
  ms <= LEAST_MS ? 0 : Math.min(BINS - 1, Math.floor(Math.log2(ms / LEAST_MS) * PER_DOUBLING))

const msAt = (place: number): number => LEAST_MS * 2 ** (place / PER_DOUBLING)
