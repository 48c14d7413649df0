// What happens to a reading that is not taken: it is counted, and marked in its frame so that the sender is told.

import * as C from '../src/memory/layout/counters.layout'
import * as F from '../src/memory/layout/ring.layout'
import * as M from '../src/memory/layout/map.layout'
import * as R from '../src/memory/layout/reading.layout'
import { TIER_COUNT } from '../src/memory/layout/lanes.layout'
import { addTo } from './counters'
import { Scratch } from './scratch'

/** Refuses a reading of a tier (TIER_COUNT = the tier isn't known). */
export function refuse(s: Scratch, frame: usize, reading: usize, reason: u32, tier: u32): void {
  const counters = <usize>load<u32>(s.map, M.MAP_ROUTER_COUNTERS)
  addTo(counters + C.ROUTER_REASONS + (<usize>reason << 3), 1)
  if (tier < <u32>TIER_COUNT) addTo(counters + C.ROUTER_REFUSED + (<usize>tier << 3), 1)
  mark(s, frame, reading, reason)
}

/** Keeps a malformed reading in quarantine. */
export function rejectMalformed(s: Scratch, frame: usize, reading: usize, cause: u32): void {
  const counters = <usize>load<u32>(s.map, M.MAP_ROUTER_COUNTERS)
  addTo(counters + C.ROUTER_CAUSES + (<usize>cause << 3), 1)
  const quarantine = <usize>load<u32>(s.map, M.MAP_QUARANTINE)
  const written = load<u32>(quarantine, M.QUARANTINE_WRITTEN)
  const index = <usize>(written % M.QUARANTINE_ENTRIES)
  const entry = quarantine + M.QUARANTINE_FIRST + index * M.QUARANTINE_ENTRY_BYTES
  store<u32>(entry, cause, M.QUARANTINE_CAUSE)
  store<u32>(entry, load<u32>(frame, F.FRAME_SOURCE), M.QUARANTINE_SOURCE)
  store<f64>(entry, s.receivedMs, M.QUARANTINE_RECEIVED_MS)
  store<u32>(entry, <u32>s.control, M.QUARANTINE_CONTROL)
  memory.copy(entry + M.QUARANTINE_READING, reading, R.READING_BYTES)
  atomic.store<u32>(quarantine, written + 1, M.QUARANTINE_WRITTEN) // pairs with the reader on the main thread
  mark(s, frame, reading, F.OUTCOME_MALFORMED | cause)
}

const REASON_SAMPLED: u32 = 11

/**
 * Sets the reading's bit. A refusal's reason outranks a malformed reading's, because it asks for a resend, and all others
 * outrank that of a sample, which does not.
 */
function mark(s: Scratch, frame: usize, reading: usize, reason: u32): void {
  const count = load<u32>(frame, F.FRAME_READING_COUNT)
  const index = <u32>(reading - frame - <usize>load<u32>(frame, F.FRAME_READING_OFFSET)) / R.READING_BYTES
  setMark(frame, count, index)
  const outcome = load<u32>(frame, F.FRAME_OUTCOME)
  const before = outcome >> 24
  const isResend = reason < <u32>F.OUTCOME_MALFORMED && reason != REASON_SAMPLED
  const wasResend = before < <u32>F.OUTCOME_MALFORMED && before != REASON_SAMPLED
  const worst = before == 0 || isResend || (reason == REASON_SAMPLED && !wasResend) ? reason : before
  store<u32>(frame, (worst << 24) | ((outcome & 0xffffff) + 1), F.FRAME_OUTCOME)
  if (outcome == 0) {
    const refusals = s.control + F.RING_REFUSAL_COUNT
    store<u32>(refusals, load<u32>(refusals) + 1)
  }
}

/** Whether the reading's bit is set. */
@inline
export function isMarked(frame: usize, count: u32, index: u32): bool {
  const word = load<u32>(refusalMap(frame, count) + (<usize>(index >> 5) << 2))
  return ((word >> (index & 31)) & 1) != 0
}

@inline
export function setMark(frame: usize, count: u32, index: u32): void {
  const word = refusalMap(frame, count) + (<usize>(index >> 5) << 2)
  store<u32>(word, load<u32>(word) | (<u32>1 << (index & 31)))
}

@inline
function refusalMap(frame: usize, count: u32): usize {
  if (count <= <u32>F.FRAME_INLINE_REFUSALS) return frame + F.FRAME_HEADER_BYTES
  const bytes = (((count + 7) >> 3) + F.FRAME_ALIGNMENT - 1) & -F.FRAME_ALIGNMENT
  return frame + <usize>load<u32>(frame, F.FRAME_BYTES) - <usize>bytes
}
