/*
 * What a pattern keeps of a key, behind the row's head (see `Partials`, and `Beats` for what only some patterns have).
 *
 *   0 first partial  1 last  2 how many  3 item of the last heartbeat  4 when a timer is set for (f64)  6 … the last heartbeat
 */
import { ROW_WORDS } from '../state/state.layout.ts'

export const FIRST = ROW_WORDS
export const LAST = ROW_WORDS + 1
export const HOW_MANY = ROW_WORDS + 2
export const BEAT = ROW_WORDS + 3
export const TIMER = ROW_WORDS + 4
export const LAST_BEAT = ROW_WORDS + 6

const KEY_WORDS = 6
export const BEAT_WORDS = 14

/** Words of a key's row. */
export const keyWords = (hasBeats: boolean): number => KEY_WORDS + (hasBeats ? BEAT_WORDS : 0)
