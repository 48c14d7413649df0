// Frames from the journal on their way through the ring once more.

import * as F from '../src/memory/layout/ring.layout'
import * as R from '../src/memory/layout/reading.layout'
import { shardOf } from './hash'
import { isMarked, setMark } from './refusals'
import { isTimeAbsent } from './validate'

/**
 * Makes a frame one of this process: received now, with the times of its readings settled by when it was received then.
 * Readings whose shard has a later position than the frame are marked: what they did is in the shard's checkpoint.
 * Returns how many are to be taken.
 */
export function adoptFrame(frame: usize, nowMs: f64, arrival: f64, position: f64, positions: usize): u32 {
  const count = load<u32>(frame, F.FRAME_READING_COUNT)
  let reading = frame + <usize>load<u32>(frame, F.FRAME_READING_OFFSET)
  let left = count - (load<u32>(frame, F.FRAME_OUTCOME) & 0xffffff)
  store<f64>(frame, nowMs, F.FRAME_RECEIVED_MS)
  for (let i: u32 = 0; i < count; i++) {
    if (isTimeAbsent(reading)) store<f64>(reading, arrival, R.READING_TIME)
    const shard = <usize>shardOf(load<u64>(reading))
    if (position < load<f64>(positions + (shard << 3)) && !isMarked(frame, count, i)) {
      setMark(frame, count, i)
      left--
    }
    reading += R.READING_BYTES
  }
  const outcome = load<u32>(frame, F.FRAME_OUTCOME) & 0xff000000
  store<u32>(frame, outcome | (count - left), F.FRAME_OUTCOME)
  return left
}
