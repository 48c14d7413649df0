import { MillraceError } from '../../core/errors.ts'
import { observeCursor, publishCursor } from '../../memory/atomics.ts'
import * as A from '../../memory/layout/control.layout.ts'
import type { MemoryPlan } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import { StorageFloor } from '../../memory/storage-floor.ts'

/** Why tiers are refused; the index is what shared memory holds. What the system says comes under its own name. */
export const STORAGE_CAUSES = [
  'none',
  'lag', // the journal falls behind the router
  'room', // little room is left on the medium
  'ENOSPC',
  'EDQUOT',
  'EFBIG',
  'EIO',
  'EROFS',
  'EACCES',
  'other',
] as const

export type StorageCause = (typeof STORAGE_CAUSES)[number]

export const STORAGE_STATUSES = ['ok', 'slow', 'failing'] as const

/** How the journal's disk does. */
export interface StorageState {
  readonly status: (typeof STORAGE_STATUSES)[number]
  /** How many tiers are refused, from the lowest. */
  readonly refusedTiers: number
  readonly cause: StorageCause
  /** For people; '' when all is well. */
  readonly message: string
  /** Since when it has this status and cause; milliseconds since 1970. */
  readonly sinceMs: number
}

export const STORAGE_OK: StorageState = {
  status: 'ok',
  refusedTiers: 0,
  cause: 'none',
  message: '',
  sinceMs: 0,
}

/** Puts the state where other threads see it: admission, health and metrics. */
export function publishStorageState(memory: SharedMemory, plan: MemoryPlan, state: StorageState): void {
  const { control, map } = plan.at
  memory.f64[(control + A.CONTROL_STORAGE_SINCE_MS) >>> 3] = state.sinceMs
  publishCursor(memory.i32, control + A.CONTROL_STORAGE_CAUSE, STORAGE_CAUSES.indexOf(state.cause))
  publishCursor(memory.i32, control + A.CONTROL_STORAGE_STATUS, STORAGE_STATUSES.indexOf(state.status))
  new StorageFloor(memory, map).shed(state.refusedTiers)
}

/** The state as another thread sees it; the message stays with the journal's thread. */
export function readStorageState(memory: SharedMemory, plan: MemoryPlan): Omit<StorageState, 'message'> {
  const { control, map } = plan.at
  return {
    status: STORAGE_STATUSES[observeCursor(memory.i32, control + A.CONTROL_STORAGE_STATUS)],
    refusedTiers: new StorageFloor(memory, map).tiersShed,
    cause: STORAGE_CAUSES[observeCursor(memory.i32, control + A.CONTROL_STORAGE_CAUSE)],
    sinceMs: memory.f64[(control + A.CONTROL_STORAGE_SINCE_MS) >>> 3],
  }
}

/** The system's code of a failed call. */
export function causeOf(error: MillraceError): StorageCause {
  const code = STORAGE_CAUSES.find((cause) => cause === error.context.code)
  return code ?? 'other'
}
