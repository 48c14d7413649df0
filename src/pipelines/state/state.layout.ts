/*
 * One pipeline's state: a head, then 64 parts for the shards and one for groups of all shards. Addresses are word numbers
 * within a part, so that a part can be kept and brought back anywhere; 0 is no address. Rows begin at multiples of 4.
 *
 *   head (HEAD_BYTES)                          part (words)                                   written by
 *     0  magic      4  fingerprint of layout     0  PART_LOG      words in the undo log       claim holder
 *     8  bytes of a shard's data / 4             1  PART_EPOCH    transactions begun
 *    12  bytes of COMBINED's data / 4            2  PART_BUMP     first word never given out
 *                                                3  PART_USED     words given out
 *                                                4  PART_KEYS     keys of all evictable tables
 *                                                5  PART_EVICTED  6  PART_REFUSED
 *                                                8  PART_SHOWN    the five above, for readers without claim
 *                                               16  PART_FREE     heads of free lists by size class
 *                                              144  PART_TABLES   TABLE_WORDS each
 *                                             PART_DATA …         rows, then the undo log (LOG_WORDS)
 */
export const MAGIC = 0x4d525053
export const HEAD_BYTES = 4096
export const HEAD_MAGIC = 0
export const HEAD_FINGERPRINT = 1
export const HEAD_SHARD_WORDS = 2
export const HEAD_COMBINED_WORDS = 3

export const PART_LOG = 0
export const PART_EPOCH = 1
export const PART_BUMP = 2
export const PART_USED = 3
export const PART_KEYS = 4
export const PART_EVICTED = 5
export const PART_REFUSED = 6
export const PART_SHOWN = 8
export const SHOWN_FIGURES = 4
export const PART_FREE = 16
export const SIZE_CLASSES = 128
export const PART_TABLES = PART_FREE + SIZE_CLASSES
/** Stages with state of a pipeline, and tables of each. */
export const MAX_NODES = 64
export const TABLES_PER_NODE = 4
const MAX_TABLES = MAX_NODES * TABLES_PER_NODE
export const TABLE_WORDS = 16
export const PART_DATA = PART_TABLES + MAX_TABLES * TABLE_WORDS
export const LOG_WORDS = 1 << 18

/** In a table's entry of PART_TABLES; the words from TABLE_OWN on are its owner's. */
export const TABLE_SLOTS = 0
export const TABLE_MASK = 1
export const TABLE_KEYS = 2
export const TABLE_HAND = 3
export const TABLE_REMOVED = 4
export const TABLE_OWN = 6

/** A slot of a table: hash, row. */
export const SLOT_WORDS = 2

/** A row of a table: its key, then the transaction that used it last, then what its owner keeps. */
export const ROW_LOW = 0
export const ROW_HIGH = 1
export const ROW_TEXT = 2
export const ROW_STAMP = 3
export const ROW_WORDS = 4
