/** How many units the load needs, in fractions of a unit: what is measured, and what is forecast. */
import type { CapacityHold, DemandForecast, ScalingInputs } from '../../core/scaling.ts'
import type { Tier } from '../../core/tiers.ts'
import type { PolicyOptions } from './policy-options.ts'

/** Below this share of the time at work, a unit's rate says nothing of what it could do. */
const BUSY = 0.9

export const waitingOf = ({ backlog }: ScalingInputs): number => allOf(backlog)

export const refusedOf = ({ refused }: ScalingInputs): number => allOf(refused)

const allOf = ({ critical, premium, standard, bulk }: Readonly<Record<Tier, number>>): number =>
  critical + premium + standard + bulk

/** How long what waits will take at this rate; 0 while the rate is not known. */
export function waitMsOf(inputs: ScalingInputs): number {
  const perSecond = inputs.serviceRate * Math.max(1, inputs.ready)
  return perSecond > 0 ? (1000 * waitingOf(inputs)) / perSecond : 0
}

/** Readings are refused for want of room, or wait for too long: there is nothing to think about. */
export function isUrgent(inputs: ScalingInputs, { urgentWaitMs }: PolicyOptions): boolean {
  if (refusedOf(inputs) > 0) return true
  if (inputs.serviceRate > 0) return waitMsOf(inputs) > urgentWaitMs
  return inputs.utilisation >= BUSY && waitingOf(inputs) > 0
}

/**
 * What is measured needs so many: the demand at the target utilisation, and what waits within `drainMs`. Before a rate is
 * known, as many as bring utilisation to its target, or twice as many where that is not enough.
 */
export function reactiveNeed(inputs: ScalingInputs, options: PolicyOptions): number {
  const { demand, serviceRate, utilisation, ready } = inputs
  const { targetUtilisation, drainMs } = options
  if (serviceRate > 0)
    return demand / (serviceRate * targetUtilisation) + (1000 * waitingOf(inputs)) / (serviceRate * drainMs)
  const byUtilisation = (ready * utilisation) / targetUtilisation
  return isUrgent(inputs, options) ? Math.max(byUtilisation, 2 * ready) : byUtilisation
}

/** What is forecast needs so many; 0 where nothing is known that could be counted on. */
export function predictedNeed(
  forecast: DemandForecast | null,
  { serviceRate }: ScalingInputs,
  { predictive, targetUtilisation }: PolicyOptions,
): number {
  if (forecast === null || !(serviceRate > 0)) return 0
  const need = (forecast.upper * (1 + predictive.buffer)) / (serviceRate * targetUtilisation)
  return Number.isFinite(need) ? need : 0
}

/** Most units that are set apart at one instant. */
export function heldUnits(holds: readonly CapacityHold[]): number {
  if (holds.length === 0) return 0
  // at the beginning of one of them it is the most
  return Math.max(
    0,
    ...holds.map(({ from }) =>
      holds
        .filter((hold) => hold.from <= from && hold.until > from)
        .reduce((sum, { units }) => sum + units, 0),
    ),
  )
}
