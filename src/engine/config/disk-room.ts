import { READING_BYTES } from '../../memory/layout/reading.layout.ts'
import { ROW_BYTES, WINDOW_ROW_BYTES } from '../../memory/layout/series.layout.ts'
import type { Config } from './config.ts'

/** Something in the data directory and the room it takes. */
export interface DiskRoom {
  readonly name: string
  readonly bytes: number
  readonly meaning: string
}

/** The one being written, and two made ready beforehand. */
const SEGMENTS_AT_WORK = 3
/** Below it the lowest tier is refused. */
const SEGMENTS_FREE = 4
/** The whole, what has changed since, and the next one while it is written. */
const CHECKPOINTS = 3
/** From the begin of the checkpoint before the kept two to the end of the next. */
const INTERVALS = 3
const RATE = 100_000

/** What the data directory takes, as far as the configuration says; empty where nothing is kept. */
export function diskRoom({ durability, journal, checkpoint, limits }: Config): DiskRoom[] {
  if (durability === 'memory') return []
  const { segmentBytes, retainBytes } = journal
  const seconds = (INTERVALS * checkpoint.everyMs) / 1000
  const perSeries = ROW_BYTES + WINDOW_ROW_BYTES
  return [
    {
      name: 'journal, at work',
      bytes: SEGMENTS_AT_WORK * segmentBytes,
      meaning: `${SEGMENTS_AT_WORK} segments: the one being written, and two ready`,
    },
    {
      name: 'journal, retained',
      bytes: retainBytes,
      meaning: 'at most, of what recovery does not need any more',
    },
    {
      name: 'journal, needed',
      bytes: RATE * READING_BYTES * seconds,
      meaning: `for each ${RATE / 1000} k readings/s, over three times checkpoint.everyMs`,
    },
    {
      name: 'checkpoints',
      bytes: CHECKPOINTS * perSeries * limits.series,
      meaning: `with limits.series series: three times ${perSeries} bytes for each`,
    },
    {
      name: 'to be free',
      bytes: SEGMENTS_FREE * segmentBytes,
      meaning: `below ${SEGMENTS_FREE} segments bulk is refused`,
    },
  ]
}
