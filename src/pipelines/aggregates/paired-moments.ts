import type { Arena, PairAggregate } from './aggregate.ts'
import { addPair, mergeMoments, MOMENT_WORDS } from './co-moments.ts'

/*
 * Co-moments of x and y that come at the same time, in one item or in two. What waits for its other half is kept in a block
 * of its own: PENDING entries, the oldest of which is forgotten for a new one.
 *
 *   words: co-moments · u32 block · u32 entries written          entry: f64 time · f64 value · u32 which (0 taken, 1 x, 2 y)
 */
const BLOCK = MOMENT_WORDS
const WRITTEN = MOMENT_WORDS + 1
const PENDING = 64
const ENTRY_WORDS = 6
const BLOCK_WORDS = PENDING * ENTRY_WORDS
const X = 1
const Y = 2

export const pairedMoments: Omit<PairAggregate, 'result'> = {
  words: MOMENT_WORDS + 2,
  addPair(arena, at, x, y, time) {
    if (!Number.isNaN(x) && !Number.isNaN(y)) addPair(arena.f64, at >>> 1, x, y)
    else if (Number.isNaN(y)) match(arena, at, x, time, X)
    else match(arena, at, y, time, Y)
  },
  merge(into, at, from, fromAt) {
    mergeMoments(into.f64, at >>> 1, from.f64, fromAt >>> 1)
    const written = from.u32[fromAt + WRITTEN]
    for (let i = Math.max(0, written - PENDING); i < written; i++) {
      const entry = from.u32[fromAt + BLOCK] + (i % PENDING) * ENTRY_WORDS
      const which = from.u32[entry + 4]
      if (which !== 0) match(into, at, from.f64[(entry >>> 1) + 1], from.f64[entry >>> 1], which)
    }
  },
  dispose(arena, at) {
    if (arena.u32[at + BLOCK] !== 0) arena.release(arena.u32[at + BLOCK], BLOCK_WORDS)
  },
}

/** Pairs the value with the first that waits for it, or lets it wait. */
function match(arena: Arena, at: number, value: number, time: number, which: number): void {
  const { u32, f64 } = arena
  const entry = waiting(arena, at, time, X + Y - which)
  if (entry === 0) {
    wait(arena, at, value, time, which)
    return
  }
  const other = f64[(entry >>> 1) + 1]
  arena.saveWord(entry + 4)
  u32[entry + 4] = 0
  addPair(f64, at >>> 1, which === X ? value : other, which === X ? other : value)
}

function waiting({ u32, f64 }: Arena, at: number, time: number, which: number): number {
  const written = u32[at + WRITTEN]
  for (let i = Math.max(0, written - PENDING); i < written; i++) {
    const entry = u32[at + BLOCK] + (i % PENDING) * ENTRY_WORDS
    if (f64[entry >>> 1] === time && u32[entry + 4] === which) return entry
  }
  return 0
}

function wait(arena: Arena, at: number, value: number, time: number, which: number): void {
  const { u32, f64 } = arena
  if (u32[at + BLOCK] === 0) u32[at + BLOCK] = arena.allocate(BLOCK_WORDS)
  if (u32[at + BLOCK] === 0) return
  const entry = freeEntry(arena, at)
  arena.save(entry, ENTRY_WORDS)
  f64[entry >>> 1] = time
  f64[(entry >>> 1) + 1] = value
  u32[entry + 4] = which
}

/** One whose value has found its other half, one never written, or the oldest. */
function freeEntry({ u32 }: Arena, at: number): number {
  const written = u32[at + WRITTEN]
  const block = u32[at + BLOCK]
  for (let i = 0; i < Math.min(written, PENDING); i++) {
    if (u32[block + i * ENTRY_WORDS + 4] === 0) return block + i * ENTRY_WORDS
  }
  u32[at + WRITTEN] = written + 1
  return block + (written % PENDING) * ENTRY_WORDS
}
