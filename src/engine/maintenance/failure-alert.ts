import type { Raise } from '../../alerts/alert-values.ts'
import type { MaintenanceEvent } from '../../reservations/maintenance.ts'

export const MAINTENANCE_RULE = 'maintenance'

/** Maintenance that failed is an alert, worse when nobody tries again; it is resolved when the job has been done. */
export function alertOf({ change, job, kind, at, reason, window }: MaintenanceEvent): Raise | undefined {
  if (change !== 'failed' && change !== 'gave-up') return undefined
  return {
    ...{ rule: MAINTENANCE_RULE, series: 0n, key: job, region: '', time: at, score: 0 },
    severity: change === 'failed' ? 'medium' : 'high',
    message: `${kind} ${job} ${change === 'failed' ? 'failed' : 'is given up'}: ${reason}`,
    value: window?.attempt ?? 0,
    labels: { job, kind },
  }
}
