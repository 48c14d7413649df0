/**
 * What is kept of a heartbeat: the reading, or when and where it was if nobody looks at more. It is written where heartbeats
 * of a key are found at once, and copied into the item that the pattern sees when somebody looks.
 *
 *   whole  0 time (f64)  2 value (f64)  4 lat (f64)  6 lon (f64)  8 score (f64)  10 device (f64)  12 place
 *   times  0 time (f64)  2 place                                        place = metric << 16 | region << 8 | tier
 */
import type { ReadingBlock } from '../definition/reading-block.ts'
import type { Items } from './items.ts'

interface Words {
  readonly u32: Uint32Array
  readonly f64: Float64Array
}

export interface BeatFields {
  /** Words of a heartbeat in a key's row. */
  readonly words: number
  /** Nothing but time and place. */
  readonly isTime: boolean
  /** Writes the reading into the row. */
  ofReading(state: Words, at: number, block: ReadingBlock, row: number): void
  ofItem(state: Words, at: number, item: number): void
  /** The item becomes the heartbeat, if that is the later one. */
  toItem(state: Words, at: number, item: number, items: Items): void
}

const DOUBLES = 6
const PLACE = 12
const PLACE_BEHIND_TIME = 2

/** Of an item the columns from here on: time, and after two words the others (see `Items`). */
const ITEM_TIME = 4
const ITEM_PLACE = 18
/** Time, value, lat, lon, score, device: in the order of the row's. */
const ITEM_DOUBLES = [ITEM_TIME, 8, 12, 14, 16, 10]

export const wholeBeats: BeatFields = {
  words: 14,
  isTime: false,
  ofReading: ({ u32, f64 }, at, block, row) => {
    const to = at >>> 1
    f64[to] = block.time[row]
    f64[to + 1] = block.value[row]
    f64[to + 2] = block.lat[row]
    f64[to + 3] = block.lon[row]
    f64[to + 4] = block.score[row]
    f64[to + 5] = block.device[row]
    u32[at + PLACE] = placeOf(block, row)
  },
  ofItem: ({ u32, f64 }, at, item) => {
    for (let i = 0; i < DOUBLES; i++) f64[(at >>> 1) + i] = f64[(item + ITEM_DOUBLES[i]) >>> 1]
    u32[at + PLACE] = u32[item + ITEM_PLACE]
  },
  toItem: ({ u32, f64 }, at, item, items) => {
    if (!(f64[at >>> 1] > items.time(item))) return
    for (let i = 0; i < DOUBLES; i++) f64[(item + ITEM_DOUBLES[i]) >>> 1] = f64[(at >>> 1) + i]
    u32[item + ITEM_PLACE] = u32[at + PLACE]
  },
}

export const timesOnly: BeatFields = {
  words: 4,
  isTime: true,
  ofReading: ({ u32, f64 }, at, block, row) => {
    f64[at >>> 1] = block.time[row]
    u32[at + PLACE_BEHIND_TIME] = placeOf(block, row)
  },
  ofItem: ({ u32, f64 }, at, item) => {
    f64[at >>> 1] = f64[(item + ITEM_TIME) >>> 1]
    u32[at + PLACE_BEHIND_TIME] = u32[item + ITEM_PLACE]
  },
  toItem: ({ u32, f64 }, at, item, items) => {
    if (!(f64[at >>> 1] > items.time(item))) return
    f64[(item + ITEM_TIME) >>> 1] = f64[at >>> 1]
    u32[item + ITEM_PLACE] = u32[at + PLACE_BEHIND_TIME]
  },
}

/** The latter in one number: the time, if it is a whole one, and region and tier in its lowest bits. 0 = it has none. */
const MOMENT_UNIT = 1024
const LATEST = Number.MAX_SAFE_INTEGER / MOMENT_UNIT - 1

export function momentOf(time: number, region: number, tier: number): number {
  const isWhole = Math.floor(time) === time && time < LATEST && time > -LATEST
  return isWhole ? time * MOMENT_UNIT + ((region << 2) | tier) : 0
}

export const timeOfMoment = (moment: number): number => Math.floor(moment / MOMENT_UNIT)

/** Writes what the moment tells; the metric stays. */
export function placeMoment({ u32, f64 }: Words, at: number, moment: number): void {
  const time = timeOfMoment(moment)
  const low = moment - time * MOMENT_UNIT
  f64[at >>> 1] = time
  const place = at + PLACE_BEHIND_TIME
  u32[place] = (u32[place] & 0xffff0000) | ((low >>> 2) << 8) | (low & 3)
}

const placeOf = ({ metric, region, tier }: ReadingBlock, row: number): number =>
  (metric[row] << 16) | (region[row] << 8) | tier[row]
