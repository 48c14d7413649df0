/**
 * May a window be at a time? Not when it shares devices or exclusive resources with another at that time, not beside what
 * it depends on, and not when the capacity cannot be had. A refusal says why, and how much later it is worth asking again.
 */
import type { Device } from '../core/device.ts'
import type { CapacityHold, CapacityOutlook } from '../core/scaling.ts'
import { fullest, unitsOf } from './capacity.ts'
import { DeviceSelector } from './device-selector.ts'
import type { MaintenanceSpec } from './maintenance.ts'

export interface Span {
  readonly startsAt: number
  readonly endsAt: number
}

/** Another job, as far as it stands in the way. */
export interface Rival {
  readonly spec: MaintenanceSpec
  /** Its windows that overlap. */
  windows(startsAt: number, endsAt: number): Iterable<Span>
}

export type Verdict = { readonly fits: true } | Misfit

export interface Misfit {
  readonly fits: false
  readonly cause: 'devices' | 'resource' | 'dependency' | 'capacity'
  readonly reason: string
  /** So much later it may fit. */
  readonly laterMs: number
}

export interface AdmissionParts {
  readonly now: number
  /** What it depends on is over then, as far as that is known. */
  readonly notBefore: number
  readonly outlook: CapacityOutlook
  readonly rivals: readonly Rival[]
  readonly devices: () => Iterable<Device>
  /** Of the rivals. */
  readonly holds: (from: number, until: number) => readonly CapacityHold[]
}

/** How far a window is moved to look again when there is not enough capacity. */
export const STEP_MS = 15 * 60_000
const FITS: Verdict = { fits: true }

/** For one job; what it finds out of shared devices it keeps. */
export class Admission {
  readonly #spec: MaintenanceSpec
  readonly #parts: AdmissionParts
  readonly #shared = new Map<string, string>()

  constructor(spec: MaintenanceSpec, parts: AdmissionParts) {
    this.#spec = spec
    this.#parts = parts
  }

  judge(startsAt: number): Verdict {
    const span = { startsAt, endsAt: startsAt + this.#spec.durationMs }
    const { notBefore } = this.#parts
    if (startsAt < notBefore) {
      const reason = `what it depends on is not over before ${new Date(notBefore).toISOString()}`
      return { fits: false, cause: 'dependency', reason, laterMs: notBefore - startsAt }
    }
    for (const rival of this.#parts.rivals)
      for (const window of rival.windows(span.startsAt, span.endsAt)) {
        const conflict = this.#conflict(rival.spec)
        if (conflict === undefined) break
        return { fits: false, ...conflict, laterMs: window.endsAt - startsAt }
      }
    return this.#capacity(span)
  }

  #conflict({
    name,
    devices,
    resources,
    dependsOn,
  }: MaintenanceSpec): Pick<Misfit, 'cause' | 'reason'> | undefined {
    // it would have to give way itself
    if (dependsOn.includes(this.#spec.name)) return undefined
    if (this.#spec.dependsOn.includes(name))
      return { cause: 'dependency', reason: `${name}, on which it depends, is not over then` }
    const resource = resources.find((one) => this.#spec.resources.includes(one))
    if (resource !== undefined) return { cause: 'resource', reason: `${name} uses ${resource} then` }
    const device = this.#sharedWith(name, devices)
    return device === '' ? undefined : { cause: 'devices', reason: `${name} works on ${device}, too, then` }
  }

  /** A device of both; '' = there is none. */
  #sharedWith(name: string, terms: readonly string[]): string {
    let shared = this.#shared.get(name)
    if (shared === undefined) {
      shared = firstOfBoth(this.#spec.devices, terms, this.#parts.devices)
      this.#shared.set(name, shared)
    }
    return shared
  }

  #capacity({ startsAt, endsAt }: Span): Verdict {
    const { outlook, holds, now } = this.#parts
    const units = unitsOf(this.#spec.capacity, outlook.ceiling)
    if (units === 0) return FITS
    const span = { from: Math.max(now, startsAt - this.#spec.leadMs), until: endsAt }
    const { at, needed, held } = fullest(span, holds(span.from, span.until), outlook)
    if (units + needed + held <= outlook.ceiling + ROUNDING) return FITS
    const reason =
      `${words(units)} units are wanted, but at ${new Date(at).toISOString()} the load needs ${words(needed)} and ` +
      `other maintenance ${words(held)} of at most ${words(outlook.ceiling)}`
    return { fits: false, cause: 'capacity', reason, laterMs: STEP_MS }
  }
}

function firstOfBoth(a: readonly string[], b: readonly string[], devices: () => Iterable<Device>): string {
  const [one, other] = [new DeviceSelector(a), new DeviceSelector(b)]
  if (one.isEmpty || other.isEmpty) return ''
  for (const device of devices()) if (one.test(device) && other.test(device)) return device.name
  return ''
}

const ROUNDING = 1e-9
const words = (units: number): string => String(Math.round(units * 100) / 100)
