// Names where they lie in an input, as numbers: the number that is likely is looked at first, then a table of hashes.
// Names are added on the other side (src/history/scan/byte-names.ts), which has the same hash.

import * as S from '../src/history/scan/scan.layout'

/** FNV-1a, 32 bits. */
const OFFSET: u32 = 0x811c9dc5
const PRIME: u32 = 0x01000193

/** Where the name ends that is likely at `at`, if it is there: that spares looking for its end. 0 = it is not, or not plain. */
@inline
export function likelyEnd(table: usize, name: i32, at: usize): usize {
  if (<u32>name >= load<u32>(table, S.TABLE_COUNT)) return 0
  if (load<i32>(<usize>load<u32>(table, S.TABLE_NUMBERS) + (<usize>name << 2)) < 0) return 0
  const starts = <usize>load<u32>(table, S.TABLE_STARTS) + (<usize>name << 2)
  const start = load<u32>(starts)
  const to = at + <usize>(load<u32>(starts, 4) - start)
  return isSame(at, to, <usize>load<u32>(table, S.TABLE_NAMES) + <usize>start) ? to : 0
}

/** The number of the name at `from` … `to`; NONE = it is not known. */
@inline
export function nameAt(table: usize, from: usize, to: usize, guess: i32): i32 {
  return isName(table, guess, from, to) ? guess : searchName(table, from, to)
}

function searchName(table: usize, from: usize, to: usize): i32 {
  let hash = OFFSET
  for (let at = from; at < to; at++) hash = (hash ^ load<u8>(at)) * PRIME
  const slots = <usize>load<u32>(table, S.TABLE_SLOTS)
  const hashes = <usize>load<u32>(table, S.TABLE_HASHES)
  const mask = load<u32>(table, S.TABLE_MASK)
  let slot = (hash ^ (hash >> 15)) & mask
  while (true) {
    const name = load<i32>(slots + (<usize>slot << 2))
    if (name == S.NONE) return S.NONE
    if (load<u32>(hashes + (<usize>name << 2)) == hash && isName(table, name, from, to)) return name
    slot = (slot + 1) & mask
  }
}

function isName(table: usize, name: i32, from: usize, to: usize): bool {
  if (<u32>name >= load<u32>(table, S.TABLE_COUNT)) return false
  const starts = <usize>load<u32>(table, S.TABLE_STARTS) + (<usize>name << 2)
  const start = load<u32>(starts)
  if (<usize>(load<u32>(starts, 4) - start) != to - from) return false
  return isSame(from, to, <usize>load<u32>(table, S.TABLE_NAMES) + <usize>start)
}

/** Both have bytes behind their ends. */
@inline
function isSame(from: usize, to: usize, own: usize): bool {
  for (; from + 8 <= to; from += 8, own += 8) if (load<u64>(from) != load<u64>(own)) return false
  return from == to || (load<u64>(from) ^ load<u64>(own)) << (64 - (<u64>(to - from) << 3)) == 0
}
