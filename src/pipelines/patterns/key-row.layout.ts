/*
 * What a pattern keeps of a key, behind the row's head (see `Partials`; `Beats` and `SlotBeats` for what only some have).
 *
 *   0 first partial  1 last  2 how many  3 item of the last heartbeat  4 when a timer is set for (f64)
 *   6 the first of the series whose heartbeats are kept by their slots (slot + 1)  8 … the last heartbeat
 */
import { ROW_WORDS } from '../state/state.layout.ts'

export const FIRST = ROW_WORDS
export const LAST = ROW_WORDS + 1
export const HOW_MANY = ROW_WORDS + 2
export const BEAT = ROW_WORDS + 3
export const TIMER = ROW_WORDS + 4
export const FIRST_SLOT = ROW_WORDS + 6
export const LAST_BEAT = ROW_WORDS + 8

const KEY_WORDS = 6
const LAST_BEAT_AT = LAST_BEAT - ROW_WORDS

/** Words of a key's row; `beatWords` = 0: it has no heartbeats. */
export const keyWords = (beatWords: number): number =>
  beatWords === 0 ? KEY_WORDS : LAST_BEAT_AT + beatWords
