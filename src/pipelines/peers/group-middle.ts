/**
 * Where the middle of a group is and how far its members usually are from it, such that a few that are far off change
 * neither: the median, and the median of the absolute deviations from it, times 1.4826, which of normally distributed
 * values is their standard deviation (F. R. Hampel, "The influence curve and its role in robust estimation", 1974). When
 * that is 0, since more than half are the same, it is the mean of the absolute deviations times 1.2533 (B. Iglewicz,
 * D. C. Hoaglin, "How to detect and handle outliers", 1993).
 */
export interface GroupMiddle {
  readonly centre: number
  /** 0 when all are the same. */
  readonly spread: number
}

const FROM_MEDIAN = 1.4826
const FROM_MEAN = 1.2533

/** `values` is not empty, and comes back in another order. */
export function middleOf(values: Float64Array): GroupMiddle {
  const centre = medianOf(values)
  const distances = values.map((value) => Math.abs(value - centre))
  const median = medianOf(distances)
  if (median > 0) return { centre, spread: FROM_MEDIAN * median }
  return { centre, spread: (FROM_MEAN * distances.reduce((sum, one) => sum + one, 0)) / distances.length }
}

/** Deviations from the middle; 0 where there is no spread at all. */
export const deviationFrom = ({ centre, spread }: GroupMiddle, value: number): number =>
  spread > 0 ? (value - centre) / spread : 0

/** Of an even number the mean of the two in the middle. */
function medianOf(values: Float64Array): number {
  const upper = values.length >> 1
  const high = select(values, upper)
  if (values.length % 2 === 1) return high
  let low = -Infinity
  for (let i = 0; i < upper; i++) if (values[i] > low) low = values[i]
  return low + (high - low) / 2
}

/** The value that is at `rank` when they are in order; smaller ones are before it then (C. A. R. Hoare's FIND, 1961). */
function select(values: Float64Array, rank: number): number {
  let from = 0
  let until = values.length - 1
  while (from < until) {
    const pivot = middleOfThree(values[from], values[(from + until) >>> 1], values[until])
    let [i, j] = [from, until]
    while (i <= j) {
      while (values[i] < pivot) i++
      while (values[j] > pivot) j--
      if (i > j) break
      const value = values[i]
      values[i++] = values[j]
      values[j--] = value
    }
    if (rank <= j) until = j
    else if (rank >= i) from = i
    else break
  }
  return values[rank]
}

const middleOfThree = (a: number, b: number, c: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
