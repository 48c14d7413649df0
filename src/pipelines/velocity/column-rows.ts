import * as G from '../../memory/layout/columns.layout.ts'
import type { ReadingBlock } from '../definition/reading-block.ts'

/** Columns that lie in a buffer from `at` on. */
export function columnsAt(buffer: SharedArrayBuffer, at: number): ReadingBlock {
  const doubles = (offset: number): Float64Array => new Float64Array(buffer, at + offset, G.COLUMN_ROWS)
  return {
    count: 0,
    device: doubles(G.COLUMN_DEVICE),
    time: doubles(G.COLUMN_TIME),
    value: doubles(G.COLUMN_VALUE),
    lat: doubles(G.COLUMN_LAT),
    lon: doubles(G.COLUMN_LON),
    score: doubles(G.COLUMN_SCORE),
    metric: new Uint16Array(buffer, at + G.COLUMN_METRIC, G.COLUMN_ROWS),
    region: new Uint8Array(buffer, at + G.COLUMN_REGION, G.COLUMN_ROWS),
    tier: new Uint8Array(buffer, at + G.COLUMN_TIER, G.COLUMN_ROWS),
  }
}

/** Row `i` of one block becomes row `j` of another, or of the same. */
export function copyRow(from: ReadingBlock, i: number, to: ReadingBlock, j: number): void {
  to.device[j] = from.device[i]
  to.time[j] = from.time[i]
  to.value[j] = from.value[i]
  to.lat[j] = from.lat[i]
  to.lon[j] = from.lon[i]
  to.score[j] = from.score[i]
  to.metric[j] = from.metric[i]
  to.region[j] = from.region[i]
  to.tier[j] = from.tier[i]
}

/** Numbers of a row when it is kept. */
const KEPT = 9

export function rowsAsNumbers(block: ReadingBlock, count: number): Float64Array {
  const numbers = new Float64Array(KEPT * count)
  for (let i = 0; i < count; i++)
    numbers.set(
      [
        ...[block.device[i], block.metric[i], block.time[i], block.value[i], block.lat[i], block.lon[i]],
        ...[block.score[i], block.region[i], block.tier[i]],
      ],
      KEPT * i,
    )
  return numbers
}

/** Puts them back as the first rows; how many there are. */
export function rowsFromNumbers(numbers: Float64Array, block: ReadingBlock): number {
  const count = numbers.length / KEPT
  for (let i = 0; i < count; i++) {
    const row = numbers.subarray(KEPT * i)
    block.device[i] = row[0]
    block.metric[i] = row[1]
    block.time[i] = row[2]
    block.value[i] = row[3]
    block.lat[i] = row[4]
    block.lon[i] = row[5]
    block.score[i] = row[6]
    block.region[i] = row[7]
    block.tier[i] = row[8]
  }
  return count
}
