/** How much is set apart at most at an instant, together with what is needed. */
import type { CapacityHold, CapacityOutlook } from '../core/scaling.ts'
import type { Capacity } from './maintenance.ts'

export const unitsOf = (capacity: Capacity, ceiling: number): number =>
  'units' in capacity ? capacity.units : capacity.share * ceiling

interface Span {
  readonly from: number
  readonly until: number
}

/** The instant at which most is needed and held within the time, and how much that is. */
export function fullest(
  { from, until }: Span,
  holds: readonly CapacityHold[],
  outlook: CapacityOutlook,
): { readonly at: number; readonly needed: number; readonly held: number } {
  const turns = holds.flatMap((hold) => [hold.from, hold.until]).filter((at) => at > from && at < until)
  const edges = [...new Set([from, ...turns])].sort((a, b) => a - b)
  const pieces = edges.map((at, index) => {
    const end = edges[index + 1] ?? until
    const held = sum(holds.filter((hold) => hold.from < end && hold.until > at))
    return { at, needed: outlook.neededBetween(at, end), held }
  })
  return pieces.reduce((worst, piece) =>
    piece.needed + piece.held > worst.needed + worst.held ? piece : worst,
  )
}

const sum = (holds: readonly CapacityHold[]): number => holds.reduce((total, { units }) => total + units, 0)
