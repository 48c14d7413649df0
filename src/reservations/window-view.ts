import type { ExecutionCounts, ExecutionStatus, MaintenanceWindow, WindowView } from './maintenance.ts'
import { EXECUTION_STATUSES } from './maintenance.ts'

/** A window as others see it; what comes later doesn't change it. */
export function viewOf(window: MaintenanceWindow): WindowView {
  const { id, attempt, plannedAt, startsAt, endsAt, status, isFailed, reason, phase, wave } = window
  const executions = countsOf(window)
  return { id, attempt, plannedAt, startsAt, endsAt, status, isFailed, reason, phase, wave, executions }
}

function countsOf({ executions }: MaintenanceWindow): ExecutionCounts {
  const counts = Object.fromEntries(EXECUTION_STATUSES.map((status) => [status, 0])) as Record<
    ExecutionStatus,
    number
  >
  for (const { status } of executions) counts[status]++
  return counts
}
