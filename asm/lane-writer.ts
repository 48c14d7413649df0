// The router's end of the lanes: append entries, close and open blocks, make what was written visible.

import * as L from '../src/memory/layout/lanes.layout'
import * as M from '../src/memory/layout/map.layout'
import { MAX_STAMP } from '../src/memory/layout/reading.layout'
import { takeBlock } from './blocks'

@inline
export function laneAt(map: usize, track: u32, shard: u32): usize {
  const index = (track << L.LANES_PER_TRACK_SHIFT) | shard
  return <usize>load<u32>(map, M.MAP_LANES) + (<usize>index << L.LANE_SHIFT)
}

/** A receive tick as a stamp after the open block's base; over MAX_STAMP when the block is too old for it. */
@inline
export function stampOf(lane: usize, tick: u32): u32 {
  return <u32>max<i32>(<i32>(tick - load<u32>(lane, L.LANE_BASE)), 0)
}

/** Makes sure that an entry of `bytes` stamped `tick` fits into the open block; false = no block to be had. */
@inline
export function ensureRoom(map: usize, lane: usize, track: u32, tick: u32, bytes: u32): bool {
  const fits = load<u32>(lane, L.LANE_WRITE) + bytes <= load<u32>(lane, L.LANE_WRITE_END)
  return fits && stampOf(lane, tick) <= <u32>MAX_STAMP ? true : openBlock(map, lane, track, tick)
}

/** Closes the lane's block where it stands and opens another; one without entries stays, and so do its fences. */
export function openBlock(map: usize, lane: usize, track: u32, tick: u32): bool {
  if (isOpenBlockEmpty(lane)) return rebase(lane, tick)
  const block = takeBlock(map, track)
  if (block == 0) return false
  store<u32>(block, 0, L.BLOCK_NEXT)
  store<u32>(block, <u32>block + L.BLOCK_BYTES, L.BLOCK_END)
  store<u32>(block, tick, L.BLOCK_BASE)
  store<u32>(block, 0, L.BLOCK_FENCE_MASK)
  const open = <usize>load<u32>(lane, L.LANE_BLOCK)
  if (open == 0) store<u32>(lane, <u32>block, L.LANE_FIRST_BLOCK)
  else {
    store<u32>(lane, writtenTo(lane, track), L.LANE_CLOSED)
    store<u32>(open, load<u32>(lane, L.LANE_WRITE), L.BLOCK_END)
    store<u32>(open, <u32>block, L.BLOCK_NEXT)
  }
  store<u32>(lane, <u32>block, L.LANE_BLOCK)
  store<u32>(lane, <u32>block + L.BLOCK_HEADER_BYTES, L.LANE_WRITE)
  store<u32>(lane, <u32>block + L.BLOCK_BYTES, L.LANE_WRITE_END)
  store<u32>(lane, tick, L.LANE_BASE)
  return true
}

@inline
function isOpenBlockEmpty(lane: usize): bool {
  const block = load<u32>(lane, L.LANE_BLOCK)
  return block != 0 && load<u32>(lane, L.LANE_WRITE) == block + L.BLOCK_HEADER_BYTES
}

/** No worker has been in a block without entries. */
function rebase(lane: usize, tick: u32): bool {
  store<u32>(<usize>load<u32>(lane, L.LANE_BLOCK), tick, L.BLOCK_BASE)
  store<u32>(lane, tick, L.LANE_BASE)
  return true
}

/** Entries ever appended to the lane: those of its closed blocks and those of the open one. */
@inline
function writtenTo(lane: usize, track: u32): u32 {
  const block = load<u32>(lane, L.LANE_BLOCK)
  if (block == 0) return 0
  const bytes = load<u32>(lane, L.LANE_WRITE) - block - L.BLOCK_HEADER_BYTES
  return load<u32>(lane, L.LANE_CLOSED) + (bytes >> (track == L.TRACK_EVENTS ? 6 : 5))
}

/** Takes room that `ensureRoom` has found; returns the entry's address. */
@inline
export function appendEntry(lane: usize, bytes: u32): usize {
  const at = load<u32>(lane, L.LANE_WRITE)
  store<u32>(lane, at + bytes, L.LANE_WRITE)
  return <usize>at
}

/**
 * A series leaves tier `from` for tier `to`: what it has waiting in its old lane must be done first. The new lane's next
 * entries get a fence; a fence stands on a block that is still empty, so that it only ever waits for older entries.
 */
export function fenceLane(map: usize, shard: u32, from: u32, to: u32, tick: u32): bool {
  const old = laneAt(map, from + L.TRACK_CRITICAL, shard)
  const position = writtenTo(old, from + L.TRACK_CRITICAL)
  if (position == atomic.load<u32>(old, L.LANE_CONSUMED)) return true
  const lane = laneAt(map, to + L.TRACK_CRITICAL, shard)
  let block = <usize>load<u32>(lane, L.LANE_BLOCK)
  if (block != 0 && fenceCovers(block, from, position)) return true
  if (!openBlock(map, lane, to + L.TRACK_CRITICAL, tick)) return false
  block = <usize>load<u32>(lane, L.LANE_BLOCK)
  store<u32>(block, load<u32>(block, L.BLOCK_FENCE_MASK) | (1 << from), L.BLOCK_FENCE_MASK)
  store<u32>(block + (<usize>from << 2), position, L.BLOCK_FENCE)
  return true
}

@inline
function fenceCovers(block: usize, from: u32, position: u32): bool {
  const fenced = (load<u32>(block, L.BLOCK_FENCE_MASK) >> from) & 1
  return fenced != 0 && load<u32>(block + (<usize>from << 2), L.BLOCK_FENCE) == position
}

/** Shows the lane's new entries to the workers; returns how many there are. */
@inline
export function publishLane(map: usize, lane: usize, index: u32): u32 {
  const written = writtenTo(lane, index >> L.LANES_PER_TRACK_SHIFT)
  const added = written - load<u32>(lane, L.LANE_PUBLISHED)
  if (added == 0) return 0
  atomic.store<u32>(lane, written, L.LANE_PUBLISHED) // pairs with openSlice
  const word = readyWord(map, index)
  const bit = <u32>1 << (index & 31)
  if ((atomic.load<u32>(word) & bit) == 0) atomic.or<u32>(word, bit) // pairs with releaseLane
  return added
}

/** The word with the lane's ready bit: two words per track. */
@inline
export function readyWord(map: usize, index: u32): usize {
  const track = <usize>(index >> L.LANES_PER_TRACK_SHIFT)
  return <usize>load<u32>(map, M.MAP_READY) + track * L.READY_STRIDE + (<usize>((index >> 5) & 1) << 2)
}
