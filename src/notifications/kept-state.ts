/**
 * What of the notifications outlives the process: which alerts each receiver knows of, and what it has yet to be told of
 * alerts that are over. What fires is kept elsewhere, with the alerts; the difference is told after a restart.
 */
import type { Alert } from '../core/alert.ts'
import type { Group } from './group.ts'

interface KeptLane {
  readonly target: string
  /** Milliseconds since the epoch. */
  readonly lastToldAt: number
  /** Ids of alerts. */
  readonly told: readonly string[]
  readonly over: readonly Alert[]
  readonly omitted: number
}

interface KeptGroup {
  readonly route: string
  readonly receiver: string
  readonly labels: Readonly<Record<string, string>>
  readonly lanes: readonly KeptLane[]
}

export interface KeptState {
  readonly version: 1
  readonly groups: readonly KeptGroup[]
  /** Those that somebody knows of. */
  readonly alerts: readonly Alert[]
}

export function keptGroup({ route, labels, tellings }: Group): KeptGroup {
  const lanes = [...tellings].map(([{ target }, { lastToldAt, told, over, omitted }]) => {
    return { target, lastToldAt, told: [...told], over: over.map(keptAlert), omitted }
  })
  const needed = lanes.filter(({ told, over, omitted }) => told.length + over.length + omitted > 0)
  return { route: route.key, receiver: route.receiver ?? '', labels, lanes: needed }
}

/** Enough to say that it is over. */
export const keptAlert = (alert: Alert): Alert =>
  alert.evidence.length === 0 ? alert : { ...alert, evidence: [] }
