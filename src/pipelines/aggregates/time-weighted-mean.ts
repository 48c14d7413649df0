import type { Aggregate, Arena } from './aggregate.ts'

/*
 * Mean of a value that holds until the next one, over the time from the first to the last; of one value alone, or of values
 * at one time, the first of them. Readings may come out of order: the latest RECENT are kept sorted, older ones are folded
 * into the integral; one that is older than everything kept is left out, but for being the first. Contributions over
 * overlapping times (of several shards) are weighted by how long each is.
 *
 *   words: f64 integral · f64 duration · f64 first time · f64 first value · f64 folded up to · f64 value then ·
 *          u32 kept · u32 whether something is folded · then kept points, f64 time · f64 value, ascending
 */
const INTEGRAL = 0
const DURATION = 1
const FIRST_TIME = 2
const FIRST_VALUE = 3
const LAST_TIME = 4
const LAST_VALUE = 5
const KEPT = 12
const FOLDED = 13
const POINTS = 7
const RECENT = 16

/** Moves the point up to which everything is folded. */
function fold(f64: Float64Array, u32: Uint32Array, at: number, time: number, value: number): void {
  const i = at >>> 1
  if (u32[at + FOLDED] === 0) {
    u32[at + FOLDED] = 1
    f64[i + FIRST_TIME] = time
    f64[i + FIRST_VALUE] = value
  } else {
    f64[i + INTEGRAL] += f64[i + LAST_VALUE] * (time - f64[i + LAST_TIME])
    f64[i + DURATION] += time - f64[i + LAST_TIME]
  }
  f64[i + LAST_TIME] = time
  f64[i + LAST_VALUE] = value
}

function foldOldest({ f64, u32 }: Arena, at: number): void {
  const points = (at >>> 1) + POINTS
  fold(f64, u32, at, f64[points], f64[points + 1])
  f64.copyWithin(points, points + 2, points + 2 * u32[at + KEPT])
  u32[at + KEPT]--
}

/** Of the same time the larger value comes last, in whatever order they come. */
function insert({ f64, u32 }: Arena, at: number, time: number, value: number): void {
  const points = (at >>> 1) + POINTS
  let place = u32[at + KEPT]++
  for (; place > 0; place--) {
    const before = points + 2 * (place - 1)
    if (f64[before] < time || (f64[before] === time && f64[before + 1] <= value)) break
    f64[before + 2] = f64[before]
    f64[before + 3] = f64[before + 1]
  }
  f64[points + 2 * place] = time
  f64[points + 2 * place + 1] = value
}

function addPoint(arena: Arena, at: number, time: number, value: number): void {
  const i = at >>> 1
  if (arena.u32[at + FOLDED] === 1 && time < arena.f64[i + LAST_TIME]) return addOld(arena, at, time, value)
  if (arena.u32[at + KEPT] === RECENT) foldOldest(arena, at)
  if (arena.u32[at + FOLDED] === 1 && time < arena.f64[i + LAST_TIME]) return addOld(arena, at, time, value)
  insert(arena, at, time, value)
}

/** Before the first one it still extends the time. */
function addOld({ f64 }: Arena, at: number, time: number, value: number): void {
  const i = at >>> 1
  if (time >= f64[i + FIRST_TIME]) return
  f64[i + INTEGRAL] += value * (f64[i + FIRST_TIME] - time)
  f64[i + DURATION] += f64[i + FIRST_TIME] - time
  f64[i + FIRST_TIME] = time
  f64[i + FIRST_VALUE] = value
}

const WORDS = 2 * (POINTS + 2 * RECENT)
const scratch: Pick<Arena, 'u32' | 'f64'> = (() => {
  const f64 = new Float64Array(WORDS / 2)
  return { f64, u32: new Uint32Array(f64.buffer) }
})()

/** The accumulator with all its points folded, in `scratch`. */
function folded({ u32, f64 }: Arena, at: number): Float64Array {
  scratch.u32.set(u32.subarray(at, at + WORDS))
  const points = (at >>> 1) + POINTS
  for (let i = 0; i < u32[at + KEPT]; i++) {
    fold(scratch.f64, scratch.u32, 0, f64[points + 2 * i], f64[points + 2 * i + 1])
  }
  return scratch.f64
}

/** Something of another time, already folded in `scratch`, after all that is here, before it, or beside it. */
function mergeFolded(arena: Arena, at: number): void {
  const { f64, u32 } = arena
  const i = at >>> 1
  const other = scratch.f64
  while (u32[at + KEPT] > 0) foldOldest(arena, at)
  if (u32[at + FOLDED] === 0) {
    f64.set(other.subarray(0, POINTS - 1), i)
    u32[at + FOLDED] = 1
    return
  }
  const gapAfter = other[FIRST_TIME] - f64[i + LAST_TIME]
  const gapBefore = f64[i + FIRST_TIME] - other[LAST_TIME]
  const gap = gapAfter >= 0 ? gapAfter : Math.max(0, gapBefore)
  const held = gapAfter >= 0 ? f64[i + LAST_VALUE] : other[LAST_VALUE]
  f64[i + INTEGRAL] += other[INTEGRAL] + held * gap
  f64[i + DURATION] += other[DURATION] + gap
  takeEnds(f64, i, other)
}

function takeEnds(f64: Float64Array, i: number, other: Float64Array): void {
  if (other[FIRST_TIME] < f64[i + FIRST_TIME]) {
    f64[i + FIRST_TIME] = other[FIRST_TIME]
    f64[i + FIRST_VALUE] = other[FIRST_VALUE]
  }
  if (other[LAST_TIME] > f64[i + LAST_TIME]) {
    f64[i + LAST_TIME] = other[LAST_TIME]
    f64[i + LAST_VALUE] = other[LAST_VALUE]
  }
}

const isEmpty = ({ u32 }: Arena, at: number): boolean => u32[at + KEPT] === 0 && u32[at + FOLDED] === 0

export const timeWeightedMean: Aggregate = {
  words: WORDS,
  add(arena, at, value, time) {
    addPoint(arena, at, time, value)
  },
  merge(into, at, from, fromAt) {
    if (isEmpty(from, fromAt)) return
    folded(from, fromAt)
    mergeFolded(into, at)
  },
  result(arena, at) {
    if (isEmpty(arena, at)) return NaN
    const all = folded(arena, at)
    return all[DURATION] > 0 ? all[INTEGRAL] / all[DURATION] : all[FIRST_VALUE]
  },
}
