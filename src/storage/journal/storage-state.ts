import { MillraceError } from '../../core/errors.ts'
import { publishCursor } from '../../memory/atomics.ts'
import * as A from '../../memory/layout/control.layout.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'

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
export function publishStorageState({ i32, f64 }: SharedMemory, control: number, state: StorageState): void {
  f64[(control + A.CONTROL_STORAGE_SINCE_MS) >>> 3] = state.sinceMs
  publishCursor(i32, control + A.CONTROL_STORAGE_CAUSE, STORAGE_CAUSES.indexOf(state.cause))
  publishCursor(i32, control + A.CONTROL_STORAGE_STATUS, STORAGE_STATUSES.indexOf(state.status))
  publishCursor(i32, control + A.CONTROL_STORAGE_REFUSED, state.refusedTiers) // pairs with admission
}

/** The system's code of a failed call. */
export function causeOf(error: MillraceError): StorageCause {
  const code = STORAGE_CAUSES.find((cause) => cause === error.context.code)
  return code ?? 'other'
}
