import { ROW_WORDS } from '../state/state.layout.ts'

/*
 *   row of a key (behind its ROW_WORDS)             pane, or session (a block of its own)
 *     f64 due      end it is scheduled for, 0 none    f64 start    of a session its first time
 *     f64 early    likewise for early results         f64 last     of a session its last time
 *     u32 newest · oldest · current pane              u32 older · newer
 *     u32 back     accumulators (two-stacks)          u32 stamp    transaction that saved it
 *     f64 flip     panes before have a suffix         u32 given    results of the window ending with it
 *     f64 backEnd  what is before is in back          u32 flags
 *     f64 items    taken so far, or first time        u32 suffix   accumulators (two-stacks)
 *     u32 stacked  whether flip and back hold         u32 parts    first of the shards' contributions
 *     u32 changed  since the last early result        u32 rows     since it was handed over (shards of all)
 *                                                     f64 first    time; then the accumulators
 */
export const DUE = ROW_WORDS
export const EARLY = ROW_WORDS + 2
export const NEWEST = ROW_WORDS + 4
export const OLDEST = ROW_WORDS + 5
export const CURRENT = ROW_WORDS + 6
export const BACK = ROW_WORDS + 7
export const FLIP = ROW_WORDS + 8
export const BACK_END = ROW_WORDS + 10
export const ITEMS = ROW_WORDS + 12
export const STACKED = ROW_WORDS + 14
export const CHANGED = ROW_WORDS + 15
export const KEY_WORDS = 16

export const START = 0
export const LAST = 2
export const OLDER = 4
export const NEWER = 5
export const STAMP = 6
export const GIVEN = 7
export const FLAGS = 8
export const SUFFIX = 9
export const PARTS = 10
export const ROWS = 11
export const FIRST = 12
export const PANE_WORDS = 14

/**
 * Flags: it has rows; its window has to be given again; contributions have changed since they were put together; its
 * window was given in time, or later.
 */
export const HAS_ROWS = 1
export const IS_DIRTY = 2
export const IS_STALE = 4
export const WAS_GIVEN = 8

/** A shard's contribution to a pane: next one, shard, sequence number, –, accumulators. */
export const PART_NEXT = 0
export const PART_SHARD = 1
export const PART_SEQUENCE = 2
export const PART_WORDS = 4

/** What a timer's entry is for, in the low bits of the row's address. */
export const FOR_END = 0
export const FOR_EARLY = 1
export const FOR_CLEANUP = 2
export const PURPOSE = 3
