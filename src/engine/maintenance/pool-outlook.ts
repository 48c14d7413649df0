import type { CapacityOutlook } from '../../core/scaling.ts'

interface Pool {
  readonly size: number
}

/** Where nothing forecasts: as many workers as there are now are needed, and `pool.max` can be there. */
export const poolOutlook = (pool: Pool, max: number): CapacityOutlook => ({
  ceiling: max,
  neededBetween: () => pool.size,
})
