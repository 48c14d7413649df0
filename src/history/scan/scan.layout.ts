/*
 * The desk of the scanning kernels (asm/scan-*.ts): what they are told, what they know, and where they leave what they have
 * read, in a memory of the reading thread's own. Offsets in bytes from the desk's address.
 *
 *       0  u32 words: why a call ended, and what the arrays that lie elsewhere are called
 *      64  f64 bounds of event time, the latest one
 *      96  f64 value, time, lat, lon: the reading at hand
 *     128  tables of names: devices, metrics, regions, tiers, fields
 *     288  the table of device ids
 *     304  i8 the field that came after each field in the line before
 *     320  u32 by shard: where its next row goes; 576 where its block ends; 832 number of its block
 *    1088  f64 powers of ten
 */
export const DESK_STOP = 0
/** Whole lines behind the call. */
export const DESK_LINES = 4
/** The name that is not known. */
export const DESK_NAME_FROM = 8
export const DESK_NAME_TO = 12
export const DESK_READINGS = 16
/** Of the readings of a frame the last one that is wrong; NONE = all are right. */
export const DESK_WRONG = 20
/** Addresses of blocks that may be filled, and how many there are and have been begun. */
export const DESK_BLOCKS = 24
export const DESK_BLOCK_COUNT = 28
export const DESK_BLOCKS_USED = 32
/** By begun block: its head (share-blocks.ts). */
export const DESK_HEADS = 36
/** By number of a device: shard | region << 16 | tier << 24. */
export const DESK_ABOUT = 40
/** By column of a CSV: its field, or UNUSED. */
export const DESK_COLUMNS = 44
export const DESK_COLUMN_COUNT = 48
/** What is the same for all readings; NONE = lines say it. */
export const DESK_FIXED_DEVICE = 52
export const DESK_FIXED_METRIC = 56
/** By metric id of a frame: its number, or NONE. */
export const DESK_METRIC_NUMBERS = 60

export const DESK_UNTIL_MS = 64
export const DESK_FROM_MS = 72
export const DESK_TO_MS = 80
export const DESK_LATEST = 88
export const DESK_ROW = 96

export const DESK_DEVICES = 128
export const DESK_METRICS = 160
export const DESK_REGIONS = 192
export const DESK_TIERS = 224
export const DESK_FIELDS = 256

export const DESK_IDS = 288
export const DESK_ID_SLOTS = 292
export const DESK_ID_MASK = 296
export const DESK_ID_COUNT = 300

export const DESK_ORDER = 304
export const DESK_NEXT = 320
export const DESK_END = 576
export const DESK_BLOCK = 832
export const DESK_POWERS = 1088
export const DESK_BYTES = 1280

/** A table of names: open addressing over the FNV-1a hash of their bytes. Slots hold numbers, −1 = free. */
export const TABLE_SLOTS = 0
export const TABLE_MASK = 4
export const TABLE_HASHES = 8
/** By number: where its bytes begin, and the last one's end. */
export const TABLE_STARTS = 12
export const TABLE_NAMES = 16
export const TABLE_COUNT = 20
/** The number that is looked at first. */
export const TABLE_GUESS = 24
/** By number: what it stands for; below 0 if the name is not plain: it may lie in an input otherwise than it is. */
export const TABLE_NUMBERS = 28
export const NUMBER_MASK = 0x7fffffff
export const NOT_PLAIN = -2147483648

/** Why a call ended: all is read; the line needs a closer look; no block is free; a name, an id or a metric is new. */
export const STOP_DONE = 0
export const STOP_LINE = 1
export const STOP_ROOM = 2
export const STOP_DEVICE = 3
export const STOP_METRIC = 4
export const STOP_REGION = 5
export const STOP_ID = 6
export const STOP_METRIC_ID = 7

/** Fields of a reading, as numbers. */
export const FIELD_DEVICE = 0
export const FIELD_METRIC = 1
export const FIELD_VALUE = 2
export const FIELD_TIME = 3
export const FIELD_LAT = 4
export const FIELD_LON = 5
export const FIELD_REGION = 6
export const FIELD_TIER = 7
export const UNUSED = -1
export const NONE = -1

/** Not given: what is known of the device counts. */
export const NO_REGION = 255
export const NO_TIER = 255
/** Bytes that may be read behind an input and behind names: they are looked at 16 at a time. */
export const SLACK_BYTES = 32
export const MAX_NAME_BYTES = 768
export const MAX_METRICS = 65536

/** A block (share-blocks.ts): bytes of all its rows, of one, and where positions are. */
export const BLOCK_ROW_BYTES = 24
export const BLOCK_ROWS_BYTES = 6144
export const BLOCK_LAT = 6144
export const BLOCK_LON = 8192
export const FULL_HEAD = 65536
export const PLACED_HEAD = 64
