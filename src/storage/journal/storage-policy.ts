import { TIERS } from '../../core/tiers.ts'

/** How the disk does. */
export interface StoragePressure {
  /**
   * Seconds that the oldest frame has waited, or may have, since it was routed, beyond the distance of commits. A full ring
   * alone is no distress.
   */
  readonly lag: number
  /** What can still be written, in segments. */
  readonly roomSegments: number
  /** The last attempt to write failed. */
  readonly isFailing: boolean
}

/** When tiers are refused: at index i the threshold for refusing i + 1 of them, from the lowest. */
export interface StorageThresholds {
  readonly lag: readonly number[]
  readonly roomSegments: readonly number[]
  /** How far behind a threshold is calm again. */
  readonly lagMargin: number
  readonly roomMargin: number
  /** Calm for so long, one tier more is admitted. */
  readonly calmMs: number
}

export const STORAGE_THRESHOLDS: StorageThresholds = {
  lag: [0.5, 0.7, 0.85, 0.97],
  roomSegments: [4, 3, 2, 0.5],
  lagMargin: 0.15,
  roomMargin: 0.5,
  calmMs: 250,
}

/** What was decided last. */
export interface StorageDecision {
  /** How many tiers are refused, from the lowest: 0 = none … 4 = all. */
  readonly refusedTiers: number
  /** When the pressure last asked for as many tiers to be refused; monotonic. */
  readonly pressedMs: number
}

export const ADMIT_ALL: StorageDecision = { refusedTiers: 0, pressedMs: 0 }

/** Refuses more at once, and admits again one tier at a time, when it has been calm for a while. */
export function decideStorage(
  before: StorageDecision,
  pressure: StoragePressure,
  nowMs: number,
  thresholds: StorageThresholds,
): StorageDecision {
  const asked = tiersToRefuse(pressure, thresholds, false)
  if (asked >= before.refusedTiers) return { refusedTiers: asked, pressedMs: nowMs }
  const calm = tiersToRefuse(pressure, thresholds, true)
  if (calm >= before.refusedTiers) return { ...before, pressedMs: nowMs }
  if (nowMs - before.pressedMs < thresholds.calmMs) return before
  return { refusedTiers: before.refusedTiers - 1, pressedMs: nowMs }
}

/** `isCalm`: as if the pressure were greater by the margins. */
function tiersToRefuse(pressure: StoragePressure, thresholds: StorageThresholds, isCalm: boolean): number {
  if (pressure.isFailing) return TIERS.length
  const lag = pressure.lag + (isCalm ? thresholds.lagMargin : 0)
  const room = pressure.roomSegments - (isCalm ? thresholds.roomMargin : 0)
  const byLag = thresholds.lag.filter((threshold) => lag >= threshold).length
  const byRoom = thresholds.roomSegments.filter((threshold) => room < threshold).length
  return Math.max(byLag, byRoom)
}
