/**
 * Raises the tier of devices around an anomaly for a time. What is raised is shown to the router only: the registry says
 * what it said, so a device has its own tier again at the end, after a restart, and when somebody changes it. How many can
 * be raised at once is bounded, so that those that are not raised are still served.
 */
import type { Device } from '../core/device.ts'
import type { Escalation, EscalationStats, RaisedDevice } from '../core/escalation.ts'
import { type Tier, tierIndex } from '../core/tiers.ts'
import { DueQueue } from './due-queue.ts'
import { FleetIndex, type Neighbourhood } from './fleet-index.ts'

export interface EscalationRule extends Neighbourhood {
  readonly name: string
  /** Names of the metrics whose anomalies count; none = all. */
  readonly metrics: readonly string[]
  readonly tier: Tier
  readonly forMs: number
}

export interface EscalatorOptions {
  readonly rules: readonly EscalationRule[]
  /** Raised at once at most: so many, and this share of all registered. */
  readonly maxDevices: number
  readonly maxShare: number
  readonly fleet: { readonly size: number; getById(id: number): Device | undefined } & Iterable<Device>
  /** Shows the router this tier of the device. */
  readonly show: (device: Device, tier: Tier) => void
  readonly tell: (escalation: Escalation) => void
}

/** An anomalous reading. */
export interface Cause {
  readonly device: number
  /** As people call it. */
  readonly name: string
  readonly metric: string
  /** Degrees; NaN = nobody knows. */
  readonly lat: number
  readonly lon: number
}

interface Raised {
  rule: number
  tier: Tier
  until: number
  /** Somebody has set its tier meanwhile. */
  isYielded: boolean
}

/** Anomalies of one place raise its devices anew when this share of the time is over. */
const REFRESH_SHARE = 0.25

export class Escalator {
  readonly #options: EscalatorOptions
  readonly #indexes: readonly FleetIndex[]
  readonly #raised = new Map<number, Raised>()
  readonly #ends = new DueQueue<number>()
  /** By rule and place, until when nothing need be done for another anomaly there. */
  readonly #recent = new Map<string, number>()
  readonly #recentEnds = new DueQueue<string>()
  #yieldedNow = 0
  #escalations = 0
  #devices = 0
  #limited = 0
  #yielded = 0

  constructor(options: EscalatorOptions) {
    this.#options = options
    this.#indexes = options.rules.map((rule) => new FleetIndex(rule))
    for (const device of options.fleet) for (const index of this.#indexes) index.add(device)
  }

  get stats(): EscalationStats {
    return {
      ...{ raised: this.#raisedNow, limit: this.#limit, escalations: this.#escalations },
      ...{ devices: this.#devices, limited: this.#limited, yielded: this.#yielded },
    }
  }

  /** Up to `limit` devices that are raised. */
  list(limit: number, nowMs: number): RaisedDevice[] {
    const listed: RaisedDevice[] = []
    for (const [id, { rule, tier, until, isYielded }] of this.#raised) {
      const device = this.#options.fleet.getById(id)
      if (isYielded || device === undefined) continue
      if (listed.length === limit) break
      const leftMs = Math.max(0, until - nowMs)
      listed.push({
        device: device.name,
        own: device.tier,
        tier,
        rule: this.#options.rules[rule].name,
        leftMs,
      })
    }
    return listed
  }

  /** The registry has changed; the router has been shown the device's own tier. */
  changed(device: Device, previous: Device | undefined, isRemoved: boolean): void {
    for (const index of this.#indexes) {
      if (previous !== undefined || isRemoved) index.remove(previous ?? device)
      if (!isRemoved) index.add(device)
    }
    const raised = this.#raised.get(device.id)
    if (raised === undefined || raised.isYielded) return
    if (isRemoved) this.#raised.delete(device.id)
    else if (previous?.tier !== device.tier) this.#yield(raised)
    else this.#options.show(device, raised.tier)
  }

  take(cause: Cause, nowMs: number): void {
    this.#options.rules.forEach((rule, index) => {
      if (rule.metrics.length > 0 && !rule.metrics.includes(cause.metric)) return
      const device = this.#options.fleet.getById(cause.device)
      const around = this.#indexes[index].around(device, cause.lat, cause.lon)
      if (around === undefined) return
      const key = `${index} ${around.key}`
      if ((this.#recent.get(key) ?? -Infinity) > nowMs) return
      this.#remember(key, nowMs + rule.forMs * REFRESH_SHARE)
      this.#raiseAll(around.devices(), index, cause, nowMs + rule.forMs)
    })
  }

  /** Gives those whose time is over their own tier back. */
  advance(nowMs: number): void {
    while (this.#recentEnds.due <= nowMs) this.#forget(this.#recentEnds.pop() ?? '', nowMs)
    const ended = new Map<number, { tier: Tier; devices: number }>()
    while (this.#ends.due <= nowMs) {
      const id = this.#ends.pop() ?? 0
      const raised = this.#raised.get(id)
      if (raised === undefined) continue
      if (raised.until > nowMs) this.#ends.push(raised.until, id)
      else if (this.#end(id, raised)) {
        const devices = (ended.get(raised.rule)?.devices ?? 0) + 1
        ended.set(raised.rule, { tier: raised.tier, devices })
      }
    }
    for (const [rule, { tier, devices }] of ended) this.#tell('ended', rule, tier, '', devices)
  }

  get #raisedNow(): number {
    return this.#raised.size - this.#yieldedNow
  }

  get #limit(): number {
    const { maxDevices, maxShare, fleet } = this.#options
    return Math.min(maxDevices, Math.max(1, Math.floor(maxShare * fleet.size)))
  }

  #raiseAll(devices: Iterable<number>, rule: number, cause: Cause, until: number): void {
    const { tier } = this.#options.rules[rule]
    let raised = 0
    for (const id of devices) {
      const done = this.#raise(id, rule, tier, until)
      if (done === 'raised') raised++
      else if (done === 'full') {
        this.#limited++
        break
      }
    }
    if (raised === 0) return
    this.#escalations++
    this.#devices += raised
    this.#tell('raised', rule, tier, cause.name, raised)
  }

  #raise(id: number, rule: number, tier: Tier, until: number): 'raised' | 'known' | 'full' {
    const device = this.#options.fleet.getById(id)
    if (device === undefined || tierIndex(device.tier) <= tierIndex(tier)) return 'known'
    const known = this.#raised.get(id)
    if (known === undefined) {
      if (this.#raisedNow >= this.#limit) return 'full'
      this.#raised.set(id, { rule, tier, until, isYielded: false })
      this.#ends.push(until, id)
      this.#options.show(device, tier)
      return 'raised'
    }
    if (known.isYielded) return 'known'
    known.until = Math.max(known.until, until)
    if (tierIndex(tier) < tierIndex(known.tier)) {
      known.tier = tier
      known.rule = rule
      this.#options.show(device, tier)
    }
    return 'known'
  }

  /** Until its time is over it isn't raised again either. */
  #yield(raised: Raised): void {
    raised.isYielded = true
    this.#yieldedNow++
    this.#yielded++
  }

  #end(id: number, { isYielded }: Raised): boolean {
    this.#raised.delete(id)
    if (isYielded) {
      this.#yieldedNow--
      return false
    }
    const device = this.#options.fleet.getById(id)
    if (device !== undefined) this.#options.show(device, device.tier)
    return device !== undefined
  }

  #remember(key: string, until: number): void {
    if (!this.#recent.has(key)) this.#recentEnds.push(until, key)
    this.#recent.set(key, until)
  }

  #forget(key: string, nowMs: number): void {
    const until = this.#recent.get(key) ?? 0
    if (until > nowMs) this.#recentEnds.push(until, key)
    else this.#recent.delete(key)
  }

  #tell(kind: Escalation['kind'], rule: number, tier: Tier, device: string, devices: number): void {
    const { name } = this.#options.rules[rule]
    this.#options.tell({ kind, rule: name, tier, device, devices, raised: this.#raisedNow })
  }
}
