/** What units cost: some are paid for anyhow, the others by the hour in which they are there. */
export interface CostModel {
  /** For people, such as EUR. */
  readonly currency: string
  /** Of a unit beyond the reserved ones. */
  readonly perUnitHour: number
  /** Units that are paid for whether they are there or not. */
  readonly reservedUnits: number
  readonly perReservedUnitHour: number
  /** What all may cost per hour; null = no ceiling. */
  readonly ceilingPerHour: number | null
}

/** Of an hour with so many units. */
export const costPerHour = (cost: CostModel, units: number): number =>
  cost.reservedUnits * cost.perReservedUnitHour + Math.max(0, units - cost.reservedUnits) * cost.perUnitHour

/** Most units that the ceiling allows. Reserved ones are paid for already, so they may always be used. */
export function unitsWithin(cost: CostModel): number {
  const { ceilingPerHour, reservedUnits, perUnitHour } = cost
  if (ceilingPerHour === null || perUnitHour === 0) return Infinity
  const left = ceilingPerHour - costPerHour(cost, reservedUnits)
  // a ceiling that is a whole number of units is not to lose one to rounding
  return reservedUnits + Math.max(0, Math.floor(left / perUnitHour + 1e-9))
}
