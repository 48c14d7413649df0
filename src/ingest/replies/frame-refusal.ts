import { OUTCOME_MALFORMED } from '../../memory/layout/ring.layout.ts'
import type { SettledFrame } from '../../memory/rings/ingest-ring.ts'
import { SOURCE_COMPACTED } from '../connection.ts'
import type { NotedFault } from '../decode/fault-notes.ts'
import { listFaults } from './fault-report.ts'

/** A frame of which not everything was taken, for a reason that will pass: what was left out can be sent again. */
export interface FrameRefusal {
  /** Index into REFUSAL_REASONS. */
  readonly reason: number
  /** Positions in the message of what was not taken; null = all of it, or not known one by one. */
  readonly indexes: readonly number[] | null
  /** Nothing was taken, and the frame may come again as it is. */
  readonly isWhole: boolean
}

/**
 * What was refused of a routed frame, by the router or (`faults`, of a message in text) before it came into the ring; null
 * when nothing was. Where something is refused, what is malformed is listed with it.
 */
export function refusalOf(frame: SettledFrame, faults: readonly NotedFault[] | null): FrameRefusal | null {
  const { reason, refusedCount, readingCount, source } = frame
  const isByRouter = refusedCount > 0 && reason < OUTCOME_MALFORMED
  const fault = isByRouter ? undefined : faults?.find(({ malformed }) => !malformed)
  if (!isByRouter && fault === undefined) return null
  const isWhole = isByRouter && refusedCount === readingCount
  // of a frame without a seq the faults are not kept, so where its readings were is not known any more
  const isKnown = !isWhole && ((source & SOURCE_COMPACTED) === 0 || faults !== null)
  const indexes = isKnown ? listFaults(faults, frame.refusedIndexes()) : null
  return { reason: fault?.code ?? reason, indexes, isWhole }
}
