import type { Arena, PairAggregate } from './aggregate.ts'

/*
 * Which of two goes ahead of the other: the sample cross-correlation (G. E. P. Box, G. M. Jenkins, "Time Series Analysis",
 * chapter 11) of their means in bins of time, at the lag where it is strongest. Bins lie in a block from the first to the last
 * one in use, at most MOST_BINS; beyond them a value is left aside.
 *
 *   words: f64 number of the first bin · u32 bins in use (of the block's room) · u32 room · u32 block
 *   bin: f64 sum of x · f64 sum of y · u32 how many x · u32 how many y
 */
const FIRST = 0
const USED = 2
const ROOM = 3
const BLOCK = 4
const WORDS = 6

const BIN_WORDS = 6
const SUM_X = 0
const SUM_Y = 1
const COUNT_X = 4
const COUNT_Y = 5

const FEWEST_BINS = 16
export const MOST_BINS = 4096
/** Fewer pairs say nothing. */
const FEWEST_PAIRS = 3

/** `lagMs` > 0: y follows x by so much. Of equally strong ones the shortest. */
export function leadLag(stepMs: number, maxLagMs: number): PairAggregate {
  const maxLag = Math.floor(maxLagMs / stepMs)
  return {
    words: WORDS,
    addPair(arena, at, x, y, time) {
      const bin = binAt(arena, at, Math.floor(time / stepMs))
      if (bin === 0) return
      arena.save(bin, BIN_WORDS)
      if (!Number.isNaN(x)) put(arena, bin, SUM_X, COUNT_X, x, 1)
      if (!Number.isNaN(y)) put(arena, bin, SUM_Y, COUNT_Y, y, 1)
    },
    merge(into, at, from, fromAt) {
      const { u32, f64 } = from
      for (let i = 0; i < u32[fromAt + USED]; i++) {
        const source = u32[fromAt + BLOCK] + i * BIN_WORDS
        if (u32[source + COUNT_X] + u32[source + COUNT_Y] === 0) continue
        const bin = binAt(into, at, f64[(fromAt >>> 1) + FIRST] + i)
        if (bin === 0) continue
        into.save(bin, BIN_WORDS)
        put(into, bin, SUM_X, COUNT_X, f64[(source >>> 1) + SUM_X], u32[source + COUNT_X])
        put(into, bin, SUM_Y, COUNT_Y, f64[(source >>> 1) + SUM_Y], u32[source + COUNT_Y])
      }
    },
    result: (arena, at) =>
      strongest(meansOf(arena, at, SUM_X, COUNT_X), meansOf(arena, at, SUM_Y, COUNT_Y), maxLag, stepMs),
    dispose(arena, at) {
      const { u32 } = arena
      if (u32[at + BLOCK] !== 0) arena.release(u32[at + BLOCK], u32[at + ROOM] * BIN_WORDS)
    },
  }
}

function put(
  { u32, f64 }: Arena,
  bin: number,
  sum: number,
  count: number,
  value: number,
  times: number,
): void {
  f64[(bin >>> 1) + sum] += value
  u32[bin + count] += times
}

/** Address of the bin; 0 = it is too far from the others, or there is no room. */
function binAt(arena: Arena, at: number, bin: number): number {
  const { u32, f64 } = arena
  const used = u32[at + USED]
  const first = used === 0 ? bin : Math.min(bin, f64[(at >>> 1) + FIRST])
  const end = used === 0 ? bin + 1 : Math.max(bin + 1, f64[(at >>> 1) + FIRST] + used)
  if (end - first > MOST_BINS) return 0
  if (used === 0 || first < f64[(at >>> 1) + FIRST] || end - first > u32[at + ROOM]) {
    if (!move(arena, at, first, end - first)) return 0
  }
  u32[at + USED] = end - first
  return u32[at + BLOCK] + (bin - first) * BIN_WORDS
}

/** To a block with room for `bins` from `first` on. The old one stays as it is until the transaction is over. */
function move(arena: Arena, at: number, first: number, bins: number): boolean {
  const { u32, f64 } = arena
  const room = Math.max(FEWEST_BINS, 2 ** Math.ceil(Math.log2(bins)))
  const block = arena.allocate(room * BIN_WORDS)
  if (block === 0) return false
  const [old, used] = [u32[at + BLOCK], u32[at + USED]]
  const behind = used === 0 ? 0 : (f64[(at >>> 1) + FIRST] - first) * BIN_WORDS
  u32.copyWithin(block + behind, old, old + used * BIN_WORDS)
  if (old !== 0) arena.release(old, u32[at + ROOM] * BIN_WORDS)
  u32[at + BLOCK] = block
  u32[at + ROOM] = room
  f64[(at >>> 1) + FIRST] = first
  return true
}

/** By bin; NaN where nothing came. */
function meansOf({ u32, f64 }: Arena, at: number, sum: number, count: number): Float64Array {
  return Float64Array.from({ length: u32[at + USED] }, (_, i) => {
    const bin = u32[at + BLOCK] + i * BIN_WORDS
    return f64[(bin >>> 1) + sum] / u32[bin + count]
  })
}

function strongest(
  xs: Float64Array,
  ys: Float64Array,
  maxLag: number,
  stepMs: number,
): { lagMs: number; r: number } {
  let [best, lagOfBest] = [NaN, NaN]
  for (let distance = 0; distance <= Math.min(maxLag, xs.length); distance++)
    for (const lag of distance === 0 ? [0] : [distance, -distance]) {
      const r = correlationAt(xs, ys, lag)
      if (Number.isNaN(r) || Math.abs(r) <= Math.abs(best)) continue
      best = r
      lagOfBest = lag
    }
  return { lagMs: lagOfBest * stepMs, r: best }
}

/** Pearson's coefficient of x and what y was `lag` bins later, of bins that have both. */
function correlationAt(xs: Float64Array, ys: Float64Array, lag: number): number {
  let [n, meanX, meanY, squaresX, squaresY, products] = [0, 0, 0, 0, 0, 0]
  for (let i = Math.max(0, -lag); i < Math.min(xs.length, xs.length - lag); i++) {
    const [x, y] = [xs[i], ys[i + lag]]
    if (Number.isNaN(x) || Number.isNaN(y)) continue
    n++
    const [dx, dy] = [x - meanX, y - meanY]
    meanX += dx / n
    meanY += dy / n
    squaresX += dx * (x - meanX)
    squaresY += dy * (y - meanY)
    products += dx * (y - meanY)
  }
  const spread = Math.sqrt(squaresX) * Math.sqrt(squaresY)
  return n >= FEWEST_PAIRS && spread > 0 ? Math.min(1, Math.max(-1, products / spread)) : NaN
}
