import type { Arena, MemberList, PairAggregate } from './aggregate.ts'

/*
 * Who is there, and with which number: pairs as they come, in chunks that double. Of a window over the results of a window by
 * device: one pair for each of these. What there is no room for is counted.
 *
 *   words   0 pairs  2 first chunk  3 last chunk  4 its room  5 pairs in it  6 pairs that there was no room for
 *   chunk   0 next  2 … number (f64), device (f64)
 */
const PAIRS = 0
const FIRST = 2
const LAST = 3
const ROOM = 4
const USED = 5
const LOST = 6
const WORDS = 8

const NEXT = 0
const HEAD = 2
const PAIR_WORDS = 4
const FIRST_ROOM = 4
const MOST_ROOM = 256

const chunkWords = (room: number): number => HEAD + room * PAIR_WORDS

export const members: PairAggregate = {
  words: WORDS,
  addPair: (arena, at, x, y) => put(arena, at, x, y),
  merge(into, at, from, fromAt) {
    eachPair(from, fromAt, (pair) => put(into, at, from.f64[pair], from.f64[pair + 1]))
    into.u32[at + LOST] += from.u32[fromAt + LOST]
  },
  dispose(arena, at) {
    for (let chunk = arena.u32[at + FIRST], room = FIRST_ROOM; chunk !== 0; room = nextRoom(room)) {
      const next = arena.u32[chunk + NEXT]
      arena.release(chunk, chunkWords(room))
      chunk = next
    }
  },
  result: (arena, at): MemberList => {
    const count = arena.u32[at + PAIRS]
    const list = { values: new Float64Array(count), devices: new Float64Array(count) }
    let index = 0
    eachPair(arena, at, (pair) => {
      list.values[index] = arena.f64[pair]
      list.devices[index++] = arena.f64[pair + 1]
    })
    return { ...list, lost: arena.u32[at + LOST] }
  },
}

const nextRoom = (room: number): number => Math.min(MOST_ROOM, 2 * room)

function put(arena: Arena, at: number, x: number, device: number): void {
  if (Number.isNaN(x) || Number.isNaN(device)) return
  const { u32, f64 } = arena
  if (u32[at + USED] === u32[at + ROOM] && !grow(arena, at)) {
    u32[at + LOST]++
    return
  }
  // a pair beyond the number of pairs is none, so it needs no saving
  const pair = (u32[at + LAST] + HEAD + PAIR_WORDS * u32[at + USED]) >>> 1
  f64[pair] = x
  f64[pair + 1] = device
  u32[at + USED]++
  u32[at + PAIRS]++
}

function grow(arena: Arena, at: number): boolean {
  const { u32 } = arena
  const last = u32[at + LAST]
  const room = last === 0 ? FIRST_ROOM : nextRoom(u32[at + ROOM])
  const chunk = arena.allocate(chunkWords(room))
  if (chunk === 0) return false
  if (last === 0) u32[at + FIRST] = chunk
  else {
    arena.saveWord(last + NEXT)
    u32[last + NEXT] = chunk
  }
  u32[at + LAST] = chunk
  u32[at + ROOM] = room
  u32[at + USED] = 0
  return true
}

/** Calls `visit` with the place of each pair among the doubles. */
function eachPair({ u32 }: Arena, at: number, visit: (pair: number) => void): void {
  let left = u32[at + PAIRS]
  let room = FIRST_ROOM
  for (let chunk = u32[at + FIRST]; left > 0; chunk = u32[chunk + NEXT], room = nextRoom(room)) {
    const here = Math.min(left, room)
    for (let i = 0; i < here; i++) visit((chunk + HEAD + PAIR_WORDS * i) >>> 1)
    left -= here
  }
}
