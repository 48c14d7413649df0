import { REFUSAL_REASONS } from '../../core/refusal.ts'
import type { NotedFault } from '../decode/fault-notes.ts'
import type { ReadingFault } from '../decode/json-reading.ts'

/** Malformed readings are listed up to this many, so that a reply is never larger than its message by far. */
const MAX_MALFORMED_LISTED = 1000

/** The reason of a reply: a refusal by its name, else the first malformed reading in words. */
export function explainFaults(faults: readonly ReadingFault[]): string {
  const refusal = faults.find((fault) => !fault.malformed)
  if (refusal !== undefined) return REFUSAL_REASONS[refusal.code]
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
  return `malformed: ${faults[0].message}${more}`
}

/**
 * Indexes in the message of everything that was not taken: `faults` never reached the ring, `marked` are positions
 * among those that did.
 */
export function listFaults(
  faults: readonly NotedFault[] | null,
  marked: readonly number[],
): readonly number[] {
  if (faults === null) return marked
  const indexes: number[] = []
  let malformed = 0
  let next = 0
  for (const [before, fault] of faults.entries()) {
    // what lies behind `before` faults is that many places earlier in the ring than in the message
    while (next < marked.length && marked[next] + before < fault.index) indexes.push(marked[next++] + before)
    if (!fault.malformed || ++malformed <= MAX_MALFORMED_LISTED) indexes.push(fault.index)
  }
  while (next < marked.length) indexes.push(marked[next++] + faults.length)
  return indexes
}
