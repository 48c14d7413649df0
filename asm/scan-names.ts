// Names where they lie in an input, as numbers: the number that is likely is looked at first, then a table of hashes.
// Names are added on the other side (src/history/scan/byte-names.ts), which has the same hash.

import * as S from '../src/history/scan/scan.layout'

/** FNV-1a, 32 bits. */
const OFFSET: u32 = 0x811c9dc5
const PRIME: u32 = 0x01000193

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
  let own = <usize>load<u32>(table, S.TABLE_NAMES) + <usize>start
  for (; from + 8 <= to; from += 8, own += 8) if (load<u64>(from) != load<u64>(own)) return false
  // both have bytes behind their ends
  return from == to || (load<u64>(from) ^ load<u64>(own)) << (64 - (<u64>(to - from) << 3)) == 0
}
