// What rings and lanes hold, counted where it lies: for the account, while the agents stand still.

import * as F from '../src/memory/layout/ring.layout'
import * as L from '../src/memory/layout/lanes.layout'
import * as M from '../src/memory/layout/map.layout'

/** Readings in the frames between two cursors of a ring, without those that a replay has marked as not to be taken. */
export function countRing(data: usize, mask: u32, from: u32, to: u32): u32 {
  let readings: u32 = 0
  for (let cursor = from; cursor != to;) {
    const frame = data + <usize>(cursor & mask)
    const count = load<u32>(frame, F.FRAME_READING_COUNT)
    if (count != F.FRAME_PADDING && count != 0) readings += count - (load<u32>(frame, F.FRAME_OUTCOME) & 0xffffff)
    cursor += load<u32>(frame, F.FRAME_BYTES)
  }
  return readings
}

/** Entries that wait in the lanes of a track: a walk over their blocks, from where reading stands to where writing does. */
export function countTrack(map: usize, track: u32): u32 {
  const shift: u32 = track == L.TRACK_EVENTS ? 6 : 5
  let entries: u32 = 0
  for (let shard: u32 = 0; shard < 1 << L.LANES_PER_TRACK_SHIFT; shard++) {
    const index = (track << L.LANES_PER_TRACK_SHIFT) | shard
    entries += countLane(<usize>load<u32>(map, M.MAP_LANES) + ((<usize>index) << L.LANE_SHIFT), shift)
  }
  return entries
}

function countLane(lane: usize, shift: u32): u32 {
  const open = <usize>load<u32>(lane, L.LANE_BLOCK)
  if (open == 0) return 0
  let block = <usize>load<u32>(lane, L.LANE_READ_BLOCK)
  let from = load<u32>(lane, L.LANE_READ)
  if (block == 0) {
    block = <usize>load<u32>(lane, L.LANE_FIRST_BLOCK)
    from = <u32>block + L.BLOCK_HEADER_BYTES
  }
  let entries: u32 = 0
  while (block != open) {
    entries += (load<u32>(block, L.BLOCK_END) - from) >> shift
    block = <usize>load<u32>(block, L.BLOCK_NEXT)
    from = <u32>block + L.BLOCK_HEADER_BYTES
  }
  return entries + ((load<u32>(lane, L.LANE_WRITE) - from) >> shift)
}
