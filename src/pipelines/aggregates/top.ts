import type { Aggregate, Arena, TopValue } from './aggregate.ts'

/*
 * The most frequent values: Space-Saving (A. Metwally, D. Agrawal, A. El Abbadi, ICDT 2005) over `capacity` counters,
 * merged after P. K. Agarwal and others, "Mergeable summaries", PODS 2012. Exact while there are no more different values
 * than counters; else a value that makes up more than 1 / capacity of all is never missed.
 *
 *   words: u32 counters in use · u32 –, then per counter f64 value · u32 count · u32 error
 */
const USED = 0
const COUNTERS = 2
const COUNTER_WORDS = 4
const COUNT = 2
const ERROR = 3

const capacityFor = (k: number): number => Math.max(32, 4 * k)

export function top(k: number): Aggregate {
  const capacity = capacityFor(k)
  return {
    words: COUNTERS + capacity * COUNTER_WORDS,
    add(arena, at, value) {
      put(arena, at, capacity, value)
    },
    merge(into, at, from, fromAt) {
      const sums = union(
        read(into, at),
        leastOf(into, at, capacity),
        read(from, fromAt),
        leastOf(from, fromAt, capacity),
      )
      write(into, at, sums.sort(mostFirst).slice(0, capacity))
    },
    result: (arena, at) => read(arena, at).sort(mostFirst).slice(0, k),
  }
}

const mostFirst = (a: TopValue, b: TopValue): number => b.count - a.count || a.value - b.value

function put(arena: Arena, at: number, capacity: number, value: number): void {
  const { u32, f64 } = arena
  const used = u32[at + USED]
  const end = at + COUNTERS + used * COUNTER_WORDS
  let least = at + COUNTERS
  for (let counter = least; counter < end; counter += COUNTER_WORDS) {
    if (f64[counter >>> 1] === value) {
      u32[counter + COUNT]++
      return
    }
    if (u32[counter + COUNT] < u32[least + COUNT]) least = counter
  }
  const counter = used < capacity ? end : least
  if (used < capacity) u32[at + USED]++
  f64[counter >>> 1] = value
  u32[counter + ERROR] = u32[counter + COUNT]
  u32[counter + COUNT]++
}

function read({ u32, f64 }: Arena, at: number): TopValue[] {
  return Array.from({ length: u32[at + USED] }, (_, i) => {
    const counter = at + COUNTERS + i * COUNTER_WORDS
    return { value: f64[counter >>> 1], count: u32[counter + COUNT], error: u32[counter + ERROR] }
  })
}

function write({ u32, f64 }: Arena, at: number, values: readonly TopValue[]): void {
  u32[at + USED] = values.length
  values.forEach(({ value, count, error }, i) => {
    const counter = at + COUNTERS + i * COUNTER_WORDS
    f64[counter >>> 1] = value
    u32[counter + COUNT] = count
    u32[counter + ERROR] = error
  })
}

/** What a value may have that has no counter: nothing while counters are free. */
function leastOf(arena: Arena, at: number, capacity: number): number {
  return arena.u32[at + USED] < capacity ? 0 : Math.min(...read(arena, at).map(({ count }) => count))
}

function union(a: TopValue[], leastA: number, b: TopValue[], leastB: number): TopValue[] {
  const others = new Map(b.map((entry) => [entry.value, entry]))
  const both = a.map(({ value, count, error }) => {
    const other = others.get(value) ?? { count: leastB, error: leastB }
    others.delete(value)
    return { value, count: count + other.count, error: error + other.error }
  })
  for (const { value, count, error } of others.values()) {
    both.push({ value, count: count + leastA, error: error + leastA })
  }
  return both
}
