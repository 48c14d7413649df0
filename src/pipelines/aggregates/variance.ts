import type { Aggregate } from './aggregate.ts'

const COUNT = 0
const MEAN = 1
const SQUARES = 2

/**
 * Of the sample (n − 1), NaN for fewer than two. B. P. Welford, "Note on a method for calculating corrected sums of squares
 * and products", Technometrics 4 (1962); merged after T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a
 * pairwise algorithm for computing sample variances" (1979).
 */
export const variance: Aggregate = {
  words: 6,
  add({ f64 }, at, value) {
    const i = at >>> 1
    const n = (f64[i + COUNT] += 1)
    const delta = value - f64[i + MEAN]
    const mean = f64[i + MEAN] + delta / n
    f64[i + MEAN] = mean
    f64[i + SQUARES] += delta * (value - mean)
  },
  addRun({ f64 }, at, { f64: values }, count) {
    const i = at >>> 1
    let [n, mean, squares] = [f64[i + COUNT], f64[i + MEAN], f64[i + SQUARES]]
    for (let k = 0; k < count; k++) {
      const delta = values[k] - mean
      mean += delta / ++n
      squares += delta * (values[k] - mean)
    }
    f64[i + COUNT] = n
    f64[i + MEAN] = mean
    f64[i + SQUARES] = squares
  },
  merge({ f64 }, at, from, fromAt) {
    const i = at >>> 1
    const j = fromAt >>> 1
    const more = from.f64[j + COUNT]
    if (more === 0) return
    const before = f64[i + COUNT]
    const n = before + more
    const delta = from.f64[j + MEAN] - f64[i + MEAN]
    f64[i + COUNT] = n
    f64[i + MEAN] += (delta * more) / n
    f64[i + SQUARES] += from.f64[j + SQUARES] + (delta * delta * before * more) / n
  },
  result({ f64 }, at) {
    const i = at >>> 1
    const n = f64[i + COUNT]
    return n < 2 ? NaN : f64[i + SQUARES] / (n - 1)
  },
}
