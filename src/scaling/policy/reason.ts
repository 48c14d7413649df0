/** A decision in words, for people who ask why. */
import type { ScalingInputs, DemandForecast } from '../../core/scaling.ts'
import type { Bounds } from './bounds.ts'
import { refusedOf, waitingOf } from './need.ts'
import type { Override } from './override.ts'
import type { PolicyOptions } from './policy-options.ts'
import type { Choice, Demanded } from './choice.ts'

export interface Told {
  readonly choice: Omit<Choice, 'reason'>
  readonly inputs: ScalingInputs
  readonly forecast: DemandForecast | null
  readonly demanded: Demanded
  readonly bounds: Bounds
}

const LIMITS: Readonly<Record<string, (told: Told, options: PolicyOptions) => string>> = {
  'dead-band': (_, { deadBand }) => `less than ${percent(deadBand)} more changes nothing`,
  stabilisation: (_, { scaleIn }) => `fewer only after ${seconds(scaleIn.stabilisationMs)} of less need`,
  cooldown: ({ choice: { to, wanted } }, { scaleIn, scaleOut }) =>
    `the last change was less than ${seconds((wanted < to ? scaleIn : scaleOut).cooldownMs)} ago`,
  step: ({ choice: { from, to } }) => `at most ${Math.abs(to - from)} at once`,
  max: ({ bounds }) => `the maximum is ${bounds.max}`,
  'cost-ceiling': ({ bounds }, { cost }) =>
    `${cost.ceilingPerHour} ${cost.currency} per hour allow ${bounds.max}`,
  schedule: ({ bounds, demanded }) => `the schedule ${demanded.scheduled.maxOf} allows ${bounds.max}`,
  min: ({ bounds }) => `the minimum is ${bounds.min}`,
}

export function reasonOf(told: Told, options: PolicyOptions, override: Override | null): string {
  const { from, to, limits } = told.choice
  const result = to === from ? `stays at ${to}` : `from ${from} to ${to}`
  const why = override === null ? needIn(told, options) : `${override.by} asked for ${override.units}`
  const bounded = limits.map((limit) => LIMITS[limit](told, options))
  return [why, ...bounded, result].join('; ')
}

function needIn({ inputs, forecast, demanded }: Told, options: PolicyOptions): string {
  const { reactive, predicted, held, scheduled } = demanded
  const parts = [measured(inputs, reactive, options)]
  if (demanded.policy === 'predictive' && forecast !== null) {
    const because = forecast.reason === '' ? '' : ` (${forecast.reason})`
    const within = seconds(options.predictive.leadMs)
    parts.push(
      `up to ${count(forecast.upper)}/s expected within ${within}${because} need ${units(predicted)}`,
    )
  }
  if (held > 0) parts.push(`${held} set apart`)
  if (demanded.policy === 'schedule') parts.push(`the schedule ${scheduled.minOf} asks for ${scheduled.min}`)
  return parts.join(', ')
}

function measured(inputs: ScalingInputs, need: number, { targetUtilisation }: PolicyOptions): string {
  const { demand, serviceRate, utilisation } = inputs
  const waiting = waitingOf(inputs)
  const refused = refusedOf(inputs)
  const also = `${waiting > 0 ? ` and ${count(waiting)} waiting` : ''}${refused > 0 ? ` (${count(refused)} refused)` : ''}`
  const rate =
    serviceRate > 0
      ? `at ${percent(targetUtilisation)} of ${count(serviceRate)}/s each`
      : `by utilisation, ${percent(utilisation)} against ${percent(targetUtilisation)}`
  return `${count(demand)}/s${also} need ${units(need)} ${rate}`
}

/** With commas between thousands: a reason is made every second, and `toLocaleString` would be half of the work. */
function count(value: number): string {
  let left = Math.round(value)
  if (!(left >= 1000 && left <= Number.MAX_SAFE_INTEGER)) return left.toLocaleString('en-US')
  let rest = ''
  for (; left >= 1000; left = Math.floor(left / 1000))
    rest = `,${String(left % 1000).padStart(3, '0')}${rest}`
  return left + rest
}
const units = (value: number): string => value.toFixed(2)
const percent = (share: number): string => `${Math.round(100 * share)} %`
const seconds = (ms: number): string => `${ms / 1000} s`
