/**
 * Capacity that is set apart for operations: what they are to have for themselves is left to them as long as their holds
 * last, or as much of it as they have got where there is not enough for all.
 */
import type { CapacityHold, CapacityHolds } from '../../core/scaling.ts'

/** As far ahead as a policy looks. */
const LONGEST_LEAD_MS = 3_600_000

export class HeldCapacity implements CapacityHolds {
  #holds: CapacityHolds = { between: () => [] }
  readonly #granted = new Map<string, number>()

  /** Who sets capacity apart. */
  holdBy(holds: CapacityHolds): void {
    this.#holds = holds
  }

  between(from: number, until: number): readonly CapacityHold[] {
    return this.#holds.between(from, until)
  }

  grant(id: string, units: number, reason: string): void {
    this.#granted.set(id, units)
    this.#holds.grant?.(id, units, reason)
  }

  /** Whole workers that leave their lanes at that time. */
  workersApart(at: number): number {
    const holds = this.between(at, at + 1).filter(({ use }) => use === 'operation')
    const units = holds.reduce(
      (sum, { id, units }) => sum + Math.min(units, this.#granted.get(id) ?? units),
      0,
    )
    this.#forget(at)
    return Math.floor(units)
  }

  /** What has been granted to holds that are over. */
  #forget(at: number): void {
    if (this.#granted.size === 0) return
    const known = new Set(this.between(at, at + LONGEST_LEAD_MS).map(({ id }) => id))
    for (const id of this.#granted.keys()) if (!known.has(id)) this.#granted.delete(id)
  }
}
