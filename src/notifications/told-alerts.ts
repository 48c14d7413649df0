import type { Alert } from '../core/alert.ts'

/** Whether receivers may hear of it now. */
export const isTold = ({ state, suppressedBy }: Alert): boolean =>
  state === 'firing' && suppressedBy.length === 0
