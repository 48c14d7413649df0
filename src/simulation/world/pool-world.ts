/**
 * A pool as the world has it: units, what waits before them, senders that come again; and what the scaling loop sees of it.
 */
import { SHARDS } from '../../core/limits.ts'
import type { DemandMask } from '../../core/scaling.ts'
import { type Tier, TIERS } from '../../core/tiers.ts'
import type { ScalingGauge, ScalingReading } from '../../scaling/scaling-gauge.ts'
import { chanceOf } from '../chance.ts'
import { normal } from '../traffic/noise.ts'
import type { PoolOptions } from '../scenario/world-options.ts'
import type { Span } from '../scenario/values.ts'
import { TRACK_COUNT, trackOf } from '../words.ts'
import { Capacity } from './capacity.ts'
import { holdBack, meanWaitMs, sliceWaitMs, spread } from './chance-wait.ts'
import type { Crash, Faults } from './faults.ts'
import type { Offered } from './offered.ts'
import { Senders } from './senders.ts'
import { Thrift } from './thrift.ts'
import { Tracks } from './tracks.ts'

const SOURCE = 13
const [CRITICAL, PREMIUM, STANDARD, BULK] = TIERS.map((_, tier) => trackOf(tier))

export interface PoolWorldParts {
  readonly options: PoolOptions
  readonly index: number
  readonly seed: number
  readonly faults: Faults
  /** Readings per second of a worker. */
  readonly serviceRate: number
  readonly start: Span
}

/** Told how long amounts took, by track. */
export type Waited = (track: number, amount: number, ms: number) => void

/** A step of a pool, as it went; used again for the next. */
export class PoolStep {
  /** Readings that came for the first time, were refused then, and are lost, by track. */
  readonly fresh = new Float64Array(TRACK_COUNT)
  readonly refused = new Float64Array(TRACK_COUNT)
  readonly lost = new Float64Array(TRACK_COUNT)
  /** Readings of bulk that were not taken, for good, as only a sample is. */
  sampled = 0
  /** Readings that are to be done: that came, those sent again with them, without what a sample leaves out. */
  demand = 0
  /** Readings that the units could do. */
  work = 0
  served = 0
}

export class PoolWorld implements ScalingGauge {
  readonly options: PoolOptions
  readonly capacity: Capacity
  readonly tracks: Tracks
  readonly last = new PoolStep()
  readonly thrift: Thrift
  /** Units that an operation works on. */
  operating = 0
  readonly #parts: PoolWorldParts
  readonly #senders: Senders
  /** With what is sent again, and what of it is taken. */
  readonly #came = new Float64Array(TRACK_COUNT)
  readonly #arriving = new Float64Array(TRACK_COUNT)
  readonly #chance: () => number
  readonly #ownCrashes: readonly Crash[]
  #crashes: number
  #isDown = false
  #recovering: { readonly atMs: number; readonly runs: ReturnType<Tracks['take']> }[] = []
  readonly #seen: Seen

  constructor(parts: PoolWorldParts, series: number) {
    const { options, seed, index, start } = parts
    const { shares, senders } = options
    this.#parts = parts
    this.options = options
    this.#chance = chanceOf(seed, SOURCE, index, 1)
    const random = chanceOf(seed, SOURCE, index, 2)
    this.capacity = new Capacity({ units: options.units, start, detectMs: options.detect, random })
    this.tracks = new Tracks([shares.premium, shares.standard, shares.bulk])
    this.thrift = new Thrift(options.spares, SHARDS)
    this.#senders = new Senders(senders.keep, senders.retry)
    this.#ownCrashes = parts.faults.crashes.filter(({ pool }) => pool === options.name)
    this.#crashes = 0
    this.#seen = new Seen(series)
  }

  /** Workers that read now. */
  get workers(): number {
    return Math.max(0, this.capacity.ready - this.operating) * this.workersPerUnit
  }

  get workersPerUnit(): number {
    return this.options.unit === 'node' ? this.options.workers : 1
  }

  /** Readings per second of a unit when nothing slows it. */
  get unitRate(): number {
    return this.#parts.serviceRate * this.workersPerUnit
  }

  /** Is there anything that makes a shorter step worth its while? */
  get isCalm(): boolean {
    if (this.capacity.isAsked || this.#recovering.length > 0) return false
    return this.tracks.backlog === 0 && this.#senders.kept === 0 && this.last.demand < 0.9 * this.last.work
  }

  /** Readings that are not done yet: waiting, or kept by senders. */
  get unfinished(): number {
    return this.tracks.backlog + this.#senders.kept
  }

  step(sinceMs: number, ms: number, offered: Offered, waited: Waited): void {
    const { last } = this
    const { faults, serviceRate } = this.#parts
    last.lost.fill(0)
    this.#suffer(sinceMs)
    this.capacity.step(sinceMs, this.#isDown ? 0 : faults.mostUnits(this.options.name, sinceMs))
    this.#arrive(offered, ms)
    const effort = this.thrift.workOf(this.#arriving)
    const rate = (serviceRate * faults.speed(this.options.name, sinceMs)) / effort
    last.work = (this.workers * rate * ms) / 1000
    const nodes = this.options.unit === 'node' ? this.capacity.ready : 1
    const room = this.options.backlog * nodes
    const servers = { workers: this.workers, rate, slice: this.thrift.sliceReadings }
    const sliceMs = sliceWaitMs(servers, last.work > 0 ? Math.min(1, last.demand / last.work) : 0)
    const step = { fromMs: sinceMs, ms, arriving: this.#arriving, work: last.work, room }
    this.tracks.step(step, (track, amount, wait, busy) => {
      const byChanceMs = meanWaitMs(servers, busy) + sliceMs
      const heldMs = this.thrift.heldMs(track, (1000 * this.#arriving[track]) / (ms * nodes))
      const tell = { track, meanMs: byChanceMs, waited }
      holdBack(amount, heldMs, (share, held) => spread(share, wait + held + this.options.baseLatency, tell))
    })
    this.#settle(ms)
    this.#seen.step(offered, this, rate * (1 + this.options.spread * normal(this.#chance)))
  }

  read(): ScalingReading {
    return this.#seen.read(this.tracks)
  }

  #arrive({ byTrack }: Offered, ms: number): void {
    const { last } = this
    last.demand = 0
    for (let track = 0; track < TRACK_COUNT; track++) {
      last.fresh[track] = byTrack[track]
      this.#came[track] = byTrack[track] + this.#senders.again(track, ms)
      this.#arriving[track] = track === BULK ? this.#came[track] * this.thrift.taken : this.#came[track]
      last.demand += this.#arriving[track]
    }
    last.sampled = this.#came[BULK] - this.#arriving[BULK]
  }

  /** Who was refused keeps what it can; of those, only what came for the first time counts as refused. */
  #settle(ms: number): void {
    const { last, tracks } = this
    last.served = 0
    for (let track = 0; track < TRACK_COUNT; track++) {
      const refused = tracks.refused[track]
      const came = this.#came[track]
      last.refused[track] = came > 0 ? (refused * last.fresh[track]) / came : 0
      last.lost[track] += this.#senders.refused(track, refused, last.fresh[track], ms)
      last.served += tracks.served[track]
    }
  }

  /** Crashes and downs that have come by now, and what a journal gives back after them. */
  #suffer(sinceMs: number): void {
    const { faults } = this.#parts
    const crashes = this.#ownCrashes
    for (; this.#crashes < crashes.length && crashes[this.#crashes].at <= sinceMs; this.#crashes++)
      this.#lose(sinceMs, crashes[this.#crashes].units)
    const isDown = faults.isDown(this.options.name, sinceMs)
    if (isDown && !this.#isDown) this.#loseAll(sinceMs)
    this.#isDown = isDown
    if (this.#recovering.length === 0 || isDown) return
    for (const { runs } of this.#recovering.filter(({ atMs }) => atMs <= sinceMs)) this.tracks.giveBack(runs)
    this.#recovering = this.#recovering.filter(({ atMs }) => atMs > sinceMs)
  }

  #lose(sinceMs: number, units: number): void {
    const before = this.capacity.ready
    const died = this.capacity.crash(units, sinceMs)
    this.#bury(sinceMs, before > 0 ? died / before : 0)
  }

  #loseAll(sinceMs: number): void {
    const died = this.capacity.loseAll(sinceMs)
    this.#bury(sinceMs, died > 0 ? 1 : 0)
  }

  /** What waited in nodes that died. A worker's lanes are in the memory of its process, which goes on. */
  #bury(sinceMs: number, share: number): void {
    const { unit, durability, detect } = this.options
    if (unit === 'worker' || share === 0) return
    const runs = this.tracks.take(share)
    if (durability === 'journal') this.#recovering.push({ atMs: sinceMs + detect, runs })
    else
      runs.forEach((parts, track) => {
        for (const { amount } of parts) this.last.lost[track] += amount
      })
  }
}

/** What the loop has not read yet. */
class Seen {
  /** What comes, and what was read last, which holds until the next time. */
  #arrivals: Float64Array
  #spare: Float64Array
  #activations = 0
  #mask: DemandMask | null = null
  readonly #refused = new Float64Array(TRACK_COUNT)
  #processed = 0
  #busyMs = 0

  constructor(series: number) {
    this.#arrivals = new Float64Array(series)
    this.#spare = new Float64Array(series)
  }

  /** `rate` of a worker, as measured. */
  step(offered: Offered, { last, tracks }: PoolWorld, rate: number): void {
    this.#takeArrivals(offered, last)
    this.#activations += offered.activations
    this.#mask ??= offered.mask
    for (let track = 0; track < TRACK_COUNT; track++) this.#refused[track] += tracks.refused[track]
    this.#processed += last.served
    this.#busyMs += rate > 0 ? (1000 * last.served) / rate : 0
  }

  read(tracks: Tracks): ScalingReading {
    const reading = {
      arrivals: this.#arrivals,
      activations: this.#activations,
      mask: this.#mask,
      processed: this.#processed,
      busyMs: this.#busyMs,
      backlog: byTier((track) => tracks.backlogOf(track)),
      refused: byTier((track) => this.#refused[track]),
    }
    this.#arrivals = this.#spare.fill(0)
    this.#spare = reading.arrivals
    this.#refused.fill(0)
    this.#activations = this.#processed = this.#busyMs = 0
    this.#mask = null
    return reading
  }

  /** What is sent again is seen as coming from where the rest of its tier comes from. */
  #takeArrivals({ bySeries }: Offered, { fresh, demand, sampled }: PoolStep): void {
    let all = 0
    for (let track = 0; track < TRACK_COUNT; track++) all += fresh[track]
    const factor = all > 0 ? (demand + sampled) / all : 1
    for (let series = 0; series < bySeries.length; series++)
      this.#arrivals[series] += bySeries[series] * factor
  }
}

const byTier = (of: (track: number) => number): Record<Tier, number> => ({
  critical: of(CRITICAL),
  premium: of(PREMIUM),
  standard: of(STANDARD),
  bulk: of(BULK),
})
