/**
 * Means of two quantities, their sums of squares and of products about the means, one pair after the other and merged:
 * P. Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments",
 * SAND2008-6212.
 */
export const MOMENT_WORDS = 12
export const COUNT = 0
export const MEAN_X = 1
export const MEAN_Y = 2
export const SQUARES_X = 3
export const SQUARES_Y = 4
export const PRODUCTS = 5

export function addPair(f64: Float64Array, i: number, x: number, y: number): void {
  const n = (f64[i + COUNT] += 1)
  const dx = x - f64[i + MEAN_X]
  const dy = y - f64[i + MEAN_Y]
  f64[i + MEAN_X] += dx / n
  f64[i + MEAN_Y] += dy / n
  const after = y - f64[i + MEAN_Y]
  f64[i + SQUARES_X] += dx * (x - f64[i + MEAN_X])
  f64[i + SQUARES_Y] += dy * after
  f64[i + PRODUCTS] += dx * after
}

/** `shiftX`: what is to be added to the other's x, when its origin is another. */
export function mergeMoments(f64: Float64Array, i: number, from: Float64Array, j: number, shiftX = 0): void {
  const more = from[j + COUNT]
  if (more === 0) return
  const before = f64[i + COUNT]
  const n = before + more
  const dx = from[j + MEAN_X] + shiftX - f64[i + MEAN_X]
  const dy = from[j + MEAN_Y] - f64[i + MEAN_Y]
  const weight = (before * more) / n
  f64[i + COUNT] = n
  f64[i + MEAN_X] += (dx * more) / n
  f64[i + MEAN_Y] += (dy * more) / n
  f64[i + SQUARES_X] += from[j + SQUARES_X] + dx * dx * weight
  f64[i + SQUARES_Y] += from[j + SQUARES_Y] + dy * dy * weight
  f64[i + PRODUCTS] += from[j + PRODUCTS] + dx * dy * weight
}

/** Least-squares slope of y over x; NaN when all x are the same. */
export function slopeOf(f64: Float64Array, i: number): number {
  return f64[i + SQUARES_X] > 0 ? f64[i + PRODUCTS] / f64[i + SQUARES_X] : NaN
}
