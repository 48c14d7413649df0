import { GROUP_SHIFT } from '../state/place-records.ts'

/*
 *   table's own words                                pane
 *     f64 given     windows up to here were given      f64 start
 *     f64 end       of the window at hand              u32 older · newer
 *     u32 phase     what is done with it               u32 chunks · room   list by place / 32
 *     u32 cursor    next place, or next chunk
 *     u32 oldest · newest pane                       entry of the list
 *                                                      u32 address · bits: which keys have rows in the pane
 *
 *   chunk: accumulators of 32 keys of one pane side by side, those without a bit being of no meaning
 */
export const GIVEN = 0
export const END = 2
export const PHASE = 4
export const CURSOR = 5
export const OLDEST = 6
export const NEWEST = 7

/** No window was given so far, and `given` says nothing; nothing is at hand; results are given; what is past goes. */
export const UNBEGUN = 0
export const WAITING = 1
export const GIVING = 2
export const CLEANING = 3

export const PANE_START = 0
export const PANE_OLDER = 2
export const PANE_NEWER = 3
export const PANE_CHUNKS = 4
export const PANE_ROOM = 5
export const PANE_WORDS = 6

export const ENTRY_BITS = 1
export const ENTRY_WORDS = 2

/** Keys whose chunks are the same give way together: room comes free with all of them only. */
export const CHUNK_SHIFT = GROUP_SHIFT
export const CHUNK_KEYS = 1 << CHUNK_SHIFT
export const CHUNK_MASK = CHUNK_KEYS - 1
