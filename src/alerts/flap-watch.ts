/**
 * Tells alerts that come and go. More than `changes` raises and ends of one (rule, key) within `withinMs` make it flapping;
 * it is calm again when no more than `calmChanges` of them lie within that time, which is fewer, so that being flapping
 * doesn't come and go itself. Time is that of the clock, not of readings.
 */
import type { Alert } from '../core/alert.ts'
import { Deadlines } from './deadlines.ts'
import type { Slot } from './open-alert.ts'

export interface FlapOptions {
  /** 0 = nothing is ever flapping. */
  readonly changes: number
  readonly calmChanges: number
  readonly withinMs: number
}

/** As it outlives the process. */
export interface FlapNote {
  readonly rule: string
  readonly slot: string
  readonly isSeries: boolean
  readonly times: readonly number[]
  readonly isFlapping: boolean
  readonly last: Alert | null
}

export interface Flap {
  readonly rule: string
  readonly slot: Slot
  /** Of the latest changes, at most one more than makes it flapping. */
  times: number[]
  isFlapping: boolean
  /** The one that ended last while it was flapping. */
  last: Alert | null
}

/** More are not watched at once: a cascade raises as many as it likes. */
const MAX_WATCHED = 200_000

export class FlapWatch {
  readonly #options: FlapOptions
  readonly #flaps = new Map<string, Map<Slot, Flap>>()
  readonly #calm = new Deadlines<Flap>()
  readonly #idle = new Deadlines<Flap>()
  #watched = 0

  constructor(options: FlapOptions) {
    this.#options = options
  }

  /** One that is watched has begun. Returns it if it is flapping. */
  begin(rule: string, slot: Slot, now: number): Flap | undefined {
    const flap = this.#find(rule, slot)
    return flap === undefined ? undefined : this.#change(flap, now)
  }

  /** It has ended. From the first end on it is watched: what has only begun can't be flapping. */
  end(rule: string, slot: Slot, beganAt: number, now: number): Flap | undefined {
    if (this.#options.changes === 0) return undefined
    const known = this.#find(rule, slot)
    const flap = known ?? this.#open(rule, slot)
    if (flap === undefined) return undefined
    if (known === undefined) this.#change(flap, beganAt)
    return this.#change(flap, now)
  }

  #change(flap: Flap, now: number): Flap | undefined {
    const { changes, withinMs } = this.#options
    if (flap.times.length === 0) this.#idle.add(now + withinMs, flap)
    flap.times.push(now)
    if (flap.times.length > changes + 1) flap.times.shift()
    if (!flap.isFlapping && flap.times.length > changes && flap.times[0] > now - withinMs) {
      flap.isFlapping = true
      this.#calm.add(this.#calmAt(flap), flap)
    }
    return flap.isFlapping ? flap : undefined
  }

  isFlapping(rule: string, slot: Slot): boolean {
    return this.#find(rule, slot)?.isFlapping === true
  }

  /** The next one that has become calm. */
  takeCalm(now: number): Flap | undefined {
    this.#forgetIdle(now)
    for (let flap = this.#calm.take(now); flap !== undefined; flap = this.#calm.take(now)) {
      if (!flap.isFlapping) continue
      const calmAt = this.#calmAt(flap)
      if (calmAt > now) this.#calm.add(calmAt, flap)
      else {
        flap.isFlapping = false
        return flap
      }
    }
    return undefined
  }

  /** Of those that have changed more than once or twice. */
  notes(): FlapNote[] {
    const { calmChanges } = this.#options
    const isWorthIt = ({ times, isFlapping }: Flap): boolean => isFlapping || times.length > calmChanges
    return [...this.#flaps.values()].flatMap((ofRule) => [...ofRule.values()].filter(isWorthIt).map(noteOf))
  }

  adopt({ rule, slot, isSeries, times, isFlapping, last }: FlapNote): void {
    const { changes, withinMs } = this.#options
    if (changes === 0) return
    const key = isSeries ? BigInt(slot) : slot
    const flap = this.#find(rule, key) ?? this.#open(rule, key)
    if (flap === undefined) return
    flap.times = times.slice(-changes - 1)
    flap.isFlapping = isFlapping
    flap.last = last
    this.#idle.add((flap.times.at(-1) ?? 0) + withinMs, flap)
    if (isFlapping) this.#calm.add(this.#calmAt(flap), flap)
  }

  /** When only `calmChanges` of the latest changes will lie within the time. */
  #calmAt({ times }: Flap): number {
    const { calmChanges, withinMs } = this.#options
    return (times[times.length - 1 - calmChanges] ?? 0) + withinMs
  }

  #forgetIdle(now: number): void {
    const { withinMs } = this.#options
    for (let flap = this.#idle.take(now); flap !== undefined; flap = this.#idle.take(now)) {
      const idleAt = (flap.times.at(-1) ?? 0) + withinMs
      if (idleAt > now || flap.isFlapping) this.#idle.add(Math.max(idleAt, now + withinMs / 2), flap)
      else this.#forget(flap)
    }
  }

  #find(rule: string, slot: Slot): Flap | undefined {
    return this.#flaps.get(rule)?.get(slot)
  }

  #open(rule: string, slot: Slot): Flap | undefined {
    if (this.#watched >= MAX_WATCHED) return undefined
    this.#watched++
    const flap = { rule, slot, times: [], isFlapping: false, last: null }
    const ofRule = this.#flaps.get(rule) ?? new Map<Slot, Flap>()
    this.#flaps.set(rule, ofRule.set(slot, flap))
    return flap
  }

  #forget(flap: Flap): void {
    const { rule, slot } = flap
    const ofRule = this.#flaps.get(rule)
    if (ofRule?.get(slot) !== flap) return
    ofRule.delete(slot)
    this.#watched--
    if (ofRule.size === 0) this.#flaps.delete(rule)
  }
}

export const noteOf = ({ rule, slot, times, isFlapping, last }: Flap): FlapNote => ({
  ...{ rule, slot: String(slot), isSeries: typeof slot === 'bigint' },
  ...{ times: [...times], isFlapping, last },
})
