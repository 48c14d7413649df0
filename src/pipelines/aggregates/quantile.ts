import type { Aggregate, Arena, ValueRun } from './aggregate.ts'

/*
 * Log-linear bins, 128 to the octave: the sign, exponent and first 7 bits of the fraction of a number are its bin, so a
 * bin's middle is at most 1/257 (0.39 %) from anything in it. Guarantees and merging as C. Masson, J. E. Rim, H. K. Lee,
 * "DDSketch", VLDB 2019; the bins as in HdrHistogram (G. Tene). Bins come in pages of 32 (a quarter of an octave), found
 * through a directory that covers the pages between the lowest and the highest one in use. Magnitudes below 2^−40 count as
 * zero and those from 2^88 on as the last bin, which bounds an accumulator to 1024 pages.
 *
 *   words: f64 min · f64 max · u32 count · u32 zeros · u32 directory · u32 pages in it · i32 lowest page
 */
const MIN = 0
const MAX = 1
const COUNT = 4
const ZEROS = 5
const DIRECTORY = 6
const PAGES = 7
const LOWEST = 8
const WORDS = 10

const PAGE_BINS = 32
const LOWEST_EXPONENT = 1023 - 40
const OCTAVES = 128
/** In units of 2^−7 octave above the lowest exponent. */
const HIGHEST_BIN = OCTAVES * 128 - 1

const number = new Float64Array(1)
const halves = new Uint32Array(number.buffer)

/** 1 … HIGHEST_BIN + 1 by magnitude, negative for negative numbers; 0 = counts as zero. */
function binOf(value: number): number {
  number[0] = value
  return binOfHigh(halves[1])
}

/** By the upper half of the number. */
function binOfHigh(high: number): number {
  const bin = ((high & 0x7fffffff) >>> 13) - LOWEST_EXPONENT * 128
  if (bin < 0) return 0
  const bounded = (bin > HIGHEST_BIN ? HIGHEST_BIN : bin) + 1
  return high >>> 31 === 0 ? bounded : -bounded
}

function middleOf(bin: number): number {
  const magnitude = Math.abs(bin) - 1 + LOWEST_EXPONENT * 128
  number[0] = 0
  halves[1] = (magnitude << 13) | (1 << 12)
  return bin < 0 ? -number[0] : number[0]
}

/** Address of the bin's counter; 0 = no room. */
function counterOf(arena: Arena, at: number, bin: number): number {
  const page = bin >> 5
  const index = page - (arena.u32[at + LOWEST] | 0)
  const directory = arena.u32[at + DIRECTORY]
  if (index >= 0 && index < arena.u32[at + PAGES]) {
    const found = arena.u32[directory + index]
    if (found !== 0) return found + (bin & (PAGE_BINS - 1))
  }
  return makePage(arena, at, page, bin)
}

function makePage(arena: Arena, at: number, page: number, bin: number): number {
  if (!covers(arena, at, page)) return 0
  const made = arena.allocate(PAGE_BINS)
  if (made === 0) return 0
  const entry = arena.u32[at + DIRECTORY] + page - (arena.u32[at + LOWEST] | 0)
  arena.saveWord(entry)
  arena.u32[entry] = made
  return made + (bin & (PAGE_BINS - 1))
}

/** Makes the directory cover the page, by a wider one if need be. */
function covers(arena: Arena, at: number, page: number): boolean {
  const { u32 } = arena
  const pages = u32[at + PAGES]
  const lowest = u32[at + LOWEST] | 0
  if (pages > 0 && page >= lowest && page < lowest + pages) return true
  const first = pages === 0 ? page : Math.min(page, lowest)
  const end = pages === 0 ? page + 1 : Math.max(page + 1, lowest + pages)
  const wider = Math.ceil((end - first) / 4) * 4
  const directory = arena.allocate(wider)
  if (directory === 0) return false
  const old = u32[at + DIRECTORY]
  u32.copyWithin(directory + lowest - first, old, old + pages)
  if (old !== 0) arena.release(old, pages)
  u32[at + DIRECTORY] = directory
  u32[at + PAGES] = wider
  u32[at + LOWEST] = first
  return true
}

function put(arena: Arena, at: number, bin: number, count: number): void {
  const { u32 } = arena
  if (bin === 0) u32[at + ZEROS] += count
  else {
    const counter = counterOf(arena, at, bin)
    if (counter === 0) return
    arena.saveWord(counter)
    u32[counter] += count
  }
  u32[at + COUNT] += count
}

function widen({ u32, f64 }: Arena, at: number, min: number, max: number): void {
  const i = at >>> 1
  const isFirst = u32[at + COUNT] === 0
  if (isFirst || min < f64[i + MIN]) f64[i + MIN] = min
  if (isFirst || max > f64[i + MAX]) f64[i + MAX] = max
}

/** Runs are taken in pieces of so many values. */
const PIECE = 256
const counters = new Uint32Array(PIECE)

/** Finds the counters of all values first, so that they are saved in one record and the waits for them overlap. */
function addPiece(arena: Arena, at: number, { u32: values }: ValueRun, from: number, until: number): void {
  const { u32 } = arena
  let [lowest, pages, directory] = [u32[at + LOWEST] | 0, u32[at + PAGES], u32[at + DIRECTORY]]
  let [found, zeros] = [0, 0]
  for (let k = from; k < until; k++) {
    const bin = binOfHigh(values[2 * k + 1])
    if (bin === 0) {
      zeros++
      continue
    }
    const index = (bin >> 5) - lowest
    const page = index >>> 0 < pages ? u32[directory + index] : 0
    if (page !== 0) {
      counters[found++] = page + (bin & (PAGE_BINS - 1))
      continue
    }
    const counter = counterOf(arena, at, bin)
    if (counter !== 0) counters[found++] = counter
    ;[lowest, pages, directory] = [u32[at + LOWEST] | 0, u32[at + PAGES], u32[at + DIRECTORY]]
  }
  arena.saveEach(counters, found)
  for (let k = 0; k < found; k++) u32[counters[k]]++
  u32[at + ZEROS] += zeros
  u32[at + COUNT] += found + zeros
}

/** Every bin with something in it, from the lowest value to the highest, zeros included, until `visit` says true. */
function walk({ u32 }: Arena, at: number, visit: (bin: number, count: number) => boolean): void {
  const lowest = u32[at + LOWEST] | 0
  let zeros = u32[at + ZEROS]
  for (let index = 0; index < u32[at + PAGES]; index++) {
    const page = u32[u32[at + DIRECTORY] + index]
    for (let i = 0; page !== 0 && i < PAGE_BINS; i++) {
      const bin = (lowest + index) * PAGE_BINS + i
      if (bin > 0 && zeros > 0) {
        if (visit(0, zeros)) return
        zeros = 0
      }
      if (u32[page + i] !== 0 && visit(bin, u32[page + i])) return
    }
  }
  if (zeros > 0) visit(0, zeros)
}

/** The value that a share `q` of all values is at or below, within 0.4 %: of n sorted ones that with number ⌊q (n − 1)⌋. */
export function quantile(q: number): Aggregate {
  return {
    words: WORDS,
    add(arena, at, value) {
      widen(arena, at, value, value)
      const { u32 } = arena
      const bin = binOf(value)
      const index = (bin >> 5) - (u32[at + LOWEST] | 0)
      const page = index >>> 0 < u32[at + PAGES] ? u32[u32[at + DIRECTORY] + index] : 0
      if (page === 0 || bin === 0) {
        put(arena, at, bin, 1)
        return
      }
      const counter = page + (bin & (PAGE_BINS - 1))
      arena.saveWord(counter)
      u32[counter]++
      u32[at + COUNT]++
    },
    addRun(arena, at, run, count) {
      const { f64: values } = run
      let [low, high] = [values[0], values[0]]
      for (let k = 1; k < count; k++) {
        if (values[k] < low) low = values[k]
        if (values[k] > high) high = values[k]
      }
      widen(arena, at, low, high)
      for (let k = 0; k < count; k += PIECE) addPiece(arena, at, run, k, Math.min(count, k + PIECE))
    },
    merge(into, at, from, fromAt) {
      if (from.u32[fromAt + COUNT] === 0) return
      widen(into, at, from.f64[(fromAt >>> 1) + MIN], from.f64[(fromAt >>> 1) + MAX])
      walk(from, fromAt, (bin, count) => {
        put(into, at, bin, count)
        return false
      })
    },
    result(arena, at) {
      const i = at >>> 1
      let left = Math.floor(q * (arena.u32[at + COUNT] - 1))
      let value = NaN
      walk(arena, at, (bin, count) => {
        left -= count
        value = bin === 0 ? 0 : middleOf(bin)
        return left < 0
      })
      return Math.min(Math.max(value, arena.f64[i + MIN]), arena.f64[i + MAX])
    },
    dispose(arena, at) {
      const { u32 } = arena
      const directory = u32[at + DIRECTORY]
      if (directory === 0) return
      for (let index = 0; index < u32[at + PAGES]; index++) {
        if (u32[directory + index] !== 0) arena.release(u32[directory + index], PAGE_BINS)
      }
      arena.release(directory, u32[at + PAGES])
    },
  }
}
