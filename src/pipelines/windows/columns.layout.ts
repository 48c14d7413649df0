import { ROW_WORDS } from '../state/state.layout.ts'

/*
 *   table's own words                                row of a key (behind its ROW_WORDS)
 *     f64 given     windows up to here were given      u32 place    its number among the keys + 1; 0 none
 *     f64 end       of the window at hand              u32 –
 *     u32 phase     what is done with it
 *     u32 cursor    next place, or next chunk        register of places
 *     u32 oldest · newest pane                         u32 rows · room   list by place: row, or next free place
 *     u32 register  of places                          u32 count · free  ever given out · first free place
 *
 *   pane                                             chunk: accumulators of 32 keys of one pane
 *     f64 start                                        u32 bits     which keys have rows in the pane
 *     u32 older · newer                                u32 –
 *     u32 chunks · room   list by place / 32           then the accumulators, those of others being of no meaning
 */
export const GIVEN = 0
export const END = 2
export const PHASE = 4
export const CURSOR = 5
export const OLDEST = 6
export const NEWEST = 7
export const REGISTER = 8

/** No window was given so far, and `given` says nothing; nothing is at hand; results are given; what is past goes. */
export const UNBEGUN = 0
export const WAITING = 1
export const GIVING = 2
export const CLEANING = 3

export const PLACE = ROW_WORDS
export const KEY_WORDS = 2

export const REGISTER_ROWS = 0
export const REGISTER_ROOM = 1
export const REGISTER_COUNT = 2
export const REGISTER_FREE = 3
export const REGISTER_WORDS = 4

export const PANE_START = 0
export const PANE_OLDER = 2
export const PANE_NEWER = 3
export const PANE_CHUNKS = 4
export const PANE_ROOM = 5
export const PANE_WORDS = 6

export const CHUNK_SHIFT = 5
export const CHUNK_KEYS = 1 << CHUNK_SHIFT
export const CHUNK_MASK = CHUNK_KEYS - 1
export const CHUNK_BITS = 0
export const CHUNK_HEAD = 2
