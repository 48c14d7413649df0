/** What demand is counted by in an engine: each tier in each region, in the order of the router's counters. */
import type { DemandSeries } from '../../core/scaling.ts'
import { TIERS } from '../../core/tiers.ts'

/** `regions`: names by index, `unassigned` first. */
export const engineSeries = (regions: readonly string[]): readonly DemandSeries[] =>
  regions.flatMap((region) => TIERS.map((tier) => ({ tier, region })))
