import type { VelocityOptions } from '../definition/definition.ts'
import type { Lookup } from '../definition/outside.ts'
import { deviceIdOf } from '../../core/ids.ts'
import * as V from './velocity.layout.ts'

const IS_FAST = 1
/** By what the policy says of it, or of a metric that it sent since the last look. */
const IS_DECLARED = 2
/** A device is found in one bucket, or not at all: of those in it, the one with the fewest readings gives way. */
const BUCKET = 8
const BUCKETS = V.PACE_SLOTS / BUCKET
/** Between two looks at who has become slow. */
export const LOOK_AT_PACES_MS = 1000
const CRITICAL = 0

type Pace = 'fast' | 'slow'

/** A device has become fast or slow. */
export type OnMove = (device: number, to: Pace, perSecond: number) => void

/** What a policy says beforehand, by number. */
export class DeclaredPaces {
  readonly #devices: ReadonlyMap<number, Pace>
  readonly #metrics = new Map<number, Pace | undefined>()
  readonly #policy: VelocityOptions
  readonly #lookup: Pick<Lookup, 'metricName'>

  constructor(policy: VelocityOptions, lookup: Pick<Lookup, 'metricName'>) {
    this.#policy = policy
    this.#lookup = lookup
    this.#devices = new Map(Object.entries(policy.devices).map(([name, pace]) => [deviceIdOf(name), pace]))
  }

  device(id: number): Pace | undefined {
    return this.#devices.size === 0 ? undefined : this.#devices.get(id)
  }

  metric(id: number): Pace | undefined {
    const known = this.#metrics.get(id)
    if (known !== undefined || this.#metrics.has(id)) return known
    const name = this.#lookup.metricName(id)
    const pace = Object.hasOwn(this.#policy.metrics, name) ? this.#policy.metrics[name] : undefined
    this.#metrics.set(id, pace)
    return pace
  }
}

/**
 * How fast a shard's devices are, in shared memory. A device becomes fast as soon as it has sent `fast` readings since the
 * last look (a second ago at most), and slow when it sent less than `slow` a second between two looks. It moves as a whole:
 * the order of its readings stays. Critical ones are never fast.
 */
export class Paces {
  readonly #policy: VelocityOptions
  readonly #declared: DeclaredPaces
  readonly #onMove: OnMove
  readonly #head: Float64Array
  readonly #devices: Float64Array
  readonly #counts: Uint32Array
  readonly #flags: Uint32Array

  constructor(
    buffer: SharedArrayBuffer,
    at: number,
    policy: VelocityOptions,
    declared: DeclaredPaces,
    onMove: OnMove,
  ) {
    this.#policy = policy
    this.#declared = declared
    this.#onMove = onMove
    this.#head = new Float64Array(buffer, at, V.PACES / 8)
    this.#devices = new Float64Array(buffer, at + V.PACES, V.PACE_SLOTS)
    this.#counts = new Uint32Array(buffer, at + V.PACE_COUNTS, V.PACE_SLOTS)
    this.#flags = new Uint32Array(buffer, at + V.PACE_FLAGS, V.PACE_SLOTS)
  }

  /** Is it to be slow, though it is fast? `note` will make it so; readings that are held must be shown before. */
  mustSlowDown(device: number, tier: number): boolean {
    if (tier !== CRITICAL && this.#declared.device(device) !== 'slow') return false
    const slot = this.#find(device)
    return slot >= 0 && (this.#flags[slot] & IS_FAST) !== 0
  }

  /** Counts a reading; is its device fast? */
  note(device: number, metric: number, tier: number): boolean {
    const ofDevice = this.#declared.device(device)
    if (tier === CRITICAL || ofDevice === 'slow') {
      const fast = this.#find(device)
      if (fast >= 0 && this.#flags[fast] !== 0) this.#slowDown(fast, 0)
      return false
    }
    const pace = ofDevice ?? this.#declared.metric(metric)
    const slot = pace === 'slow' ? this.#find(device) : this.#take(device)
    if (slot < 0) return false
    if (pace !== 'slow') this.#counts[slot]++
    if (pace === 'fast') this.#flags[slot] |= IS_DECLARED
    if ((this.#flags[slot] & IS_FAST) !== 0) return true
    if (pace === 'slow' || (pace !== 'fast' && this.#counts[slot] < this.#policy.fast)) return false
    this.#flags[slot] |= IS_FAST
    this.#onMove(device, 'fast', this.#counts[slot])
    return true
  }

  isLookDue(nowMs: number): boolean {
    return nowMs - this.#head[V.PACES_LOOKED / 8] >= LOOK_AT_PACES_MS
  }

  /** Who has become slow; nothing is held. */
  look(nowMs: number): void {
    const seconds = (nowMs - this.#head[V.PACES_LOOKED / 8]) / 1000
    this.#head[V.PACES_LOOKED / 8] = nowMs
    for (let slot = 0; slot < V.PACE_SLOTS; slot++) {
      const perSecond = this.#counts[slot] / seconds
      if (this.#flags[slot] === IS_FAST && perSecond < this.#policy.slow) this.#slowDown(slot, perSecond)
      this.#flags[slot] &= ~IS_DECLARED
      this.#counts[slot] = 0
    }
  }

  #slowDown(slot: number, perSecond: number): void {
    this.#flags[slot] = 0
    this.#onMove(this.#devices[slot], 'slow', perSecond)
  }

  #find(device: number): number {
    const first = bucketOf(device)
    for (let slot = first; slot < first + BUCKET; slot++) if (this.#devices[slot] === device) return slot
    return -1
  }

  /** Fast ones don't give way; −1 = all in its bucket are. */
  #take(device: number): number {
    const first = bucketOf(device)
    let least = -1
    for (let slot = first; slot < first + BUCKET; slot++) {
      if (this.#devices[slot] === device) return slot
      if (this.#flags[slot] === 0 && (least < 0 || this.#counts[slot] < this.#counts[least])) least = slot
    }
    if (least < 0) return -1
    this.#devices[least] = device
    this.#counts[least] = 0
    return least
  }
}

function bucketOf(device: number): number {
  const mixed = Math.imul((device | 0) ^ Math.floor(device / 0x1_0000_0000), 0x9e3779b1)
  return ((mixed >>> 16) % BUCKETS) * BUCKET
}
