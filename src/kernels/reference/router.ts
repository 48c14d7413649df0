import { REFUSAL_REASONS, type RefusalReason } from '../../core/refusal.ts'
import { TIER_COUNT, TRACK_COUNT, TRACK_CRITICAL, TRACK_EVENTS } from '../../memory/layout/lanes.layout.ts'
import { OUTCOME_MALFORMED } from '../../memory/layout/ring.layout.ts'
import { SHARD_COUNT } from '../../memory/layout/series.layout.ts'
import { cellAt } from './cell.ts'
import { DeviceRates } from './device-rates.ts'
import { eventTime, faultOf, isPositionAbsent } from './fault.ts'
import type { Lane } from './lane.ts'
import type { Lanes, RoutedReading } from './lanes.ts'
import type { Reading } from './reading.ts'
import type { Frame } from './frame.ts'
import { RoutingLog, type FrameOutcome } from './routing-log.ts'
import { learn, type MetricRule, phaseOf, scaledScore, scoreOf, type ScoreRule } from './score.ts'
import { type Series, SeriesTable } from './series-table.ts'

export interface RouterRules extends ScoreRule {
  readonly timeAheadMs: number
  readonly defaultTier: number
  readonly knownOnly: boolean
  readonly deviceReadingsPerSecond: number
  readonly seriesLimit: number
  readonly slotsPerShard: number
  /** Known metrics by id. */
  readonly metrics: ReadonlyMap<number, MetricRule>
  /** Region by cell. */
  readonly regions: Uint8Array
  /** Milliseconds since 1970 at monotonic time 0. */
  readonly epochOffsetMs: number
  readonly tickOf: (nowMs: number) => number
}

/** What the registry says of a device. */
export interface DeviceEntry {
  readonly tier: number
  readonly region: number
}

/** Twin of asm/route.ts: readings in; lanes, statistics, counts and outcomes out. */
export class ReferenceRouter {
  readonly table: SeriesTable
  readonly lanes: Lanes
  readonly log = new RoutingLog()
  readonly devices = new Map<bigint, DeviceEntry>()
  /** Tiers refused from the lowest on, as a full disk has it. */
  tiersShed = 0
  /** One of so many readings of bulk is taken; 0 = all. */
  bulkKeep = 0
  #dice = 0
  readonly epochs = Array<number>(SHARD_COUNT).fill(0)
  readonly #rates = new DeviceRates()
  readonly #rules: RouterRules

  constructor(rules: RouterRules, lanes: Lanes) {
    this.#rules = rules
    this.lanes = lanes
    this.table = new SeriesTable(rules.slotsPerShard)
  }

  route(frame: Frame): FrameOutcome {
    if (frame.readings.length > 0) this.log.beginFrame(frame.receivedMs)
    return this.log.outcomeOf(frame.readings.map((reading) => this.#routeReading(frame, reading)))
  }

  publish(nowMs: number): number {
    let shown = 0
    for (let track = 0; track < TRACK_COUNT; track++) {
      const added = this.lanes.track(track).reduce((total, lane) => total + lane.publish(), 0)
      if (track === TRACK_EVENTS) this.log.anomalies += added
      else this.log.accepted[track - TRACK_CRITICAL] += added
      if (track !== TRACK_EVENTS) shown += added
    }
    this.log.recordLatencies(nowMs)
    return shown
  }

  /** 0 when the reading was taken, else why not, as in a frame's outcome. */
  #routeReading(frame: Frame, reading: Reading): number {
    const { epochOffsetMs, timeAheadMs, deviceReadingsPerSecond } = this.#rules
    const arrival = Math.floor(frame.receivedMs + epochOffsetMs)
    const fault = faultOf(reading, arrival, arrival + timeAheadMs)
    if (fault !== 0) {
      this.log.quarantine(fault, frame, reading)
      return OUTCOME_MALFORMED | fault
    }
    const series = this.#seriesOf(reading.key)
    if (typeof series === 'string') return this.#refuse(series)
    if (!this.#isLookedUp(series)) return this.#refuse('unknown-device')
    if (series.tier + this.tiersShed >= TIER_COUNT) return this.#refuse('storage', series.tier)
    if (series.tier === TIER_COUNT - 1 && !this.#isKept()) return this.#refuse('sampled', series.tier)
    const second = Math.floor(arrival * 0.001)
    if (!this.#rates.admit(reading.key >> 16n, deviceReadingsPerSecond, second))
      return this.#refuse('rate', series.tier)
    return this.#place(frame, reading, series, eventTime(reading, arrival))
  }

  #isKept(): boolean {
    if (this.bulkKeep === 0) return true
    this.#dice = (Math.imul(this.#dice, 1664525) + 1013904223) >>> 0
    return (this.#dice >>> 8) % this.bulkKeep === 0
  }

  #refuse(reason: RefusalReason, tier = TIER_COUNT): number {
    return this.log.refuse(REFUSAL_REASONS.indexOf(reason), tier)
  }

  #seriesOf(key: bigint): Series | RefusalReason {
    const series = this.table.find(key)
    if (series !== undefined) return series
    if (!this.#rules.metrics.has(Number(key & 0xffffn))) return 'unknown-metric'
    if (this.#rules.knownOnly && !this.devices.has(key >> 16n)) return 'unknown-device'
    if (this.table.size >= this.#rules.seriesLimit) return 'series-limit'
    return this.table.take(key) ?? 'series-limit'
  }

  /** Takes over what the registry says now, where it has changed; false when the device must be known and isn't. */
  #isLookedUp(series: Series): boolean {
    const epoch = this.epochs[series.shard]
    if (series.epoch === epoch) return true
    const device = this.devices.get(series.key >> 16n)
    series.epoch = epoch
    if (device === undefined && this.#rules.knownOnly) series.epoch = (epoch - 1) >>> 0
    else {
      series.tier = device?.tier ?? this.#rules.defaultTier
      series.home = device?.region ?? 0
    }
    return series.epoch === epoch
  }

  #place(frame: Frame, reading: Reading, series: Series, time: number): number {
    const tick = this.#rules.tickOf(frame.receivedMs)
    const lane = this.lanes.readings[series.tier][series.shard]
    if (!this.#fence(series, lane, tick) || !lane.ensureRoom(tick))
      return this.#refuse('overload', series.tier)
    const metric = this.#metricOf(series)
    series.region = isPositionAbsent(reading)
      ? series.home
      : this.#rules.regions[cellAt(reading.lat, reading.lon)]
    const score = scoreOf(series.statistics, metric, reading.value)
    const phase = phaseOf(series.statistics, metric, this.#rules, score)
    if (phase !== 0 && !this.#tell(frame, reading, series, { time, score, phase, tick }))
      return this.#refuse('overload', series.tier)
    series.statistics = learn(series.statistics, metric, this.#rules, reading.value, score)
    series.laneTier = series.tier
    this.log.countRouted(series.tier, series.region)
    const { value, lat, lon } = reading
    const { region } = series
    lane.append({
      ...{ series, time, value, lat, lon, region },
      ...{ stamp: lane.stampOf(tick), score: scaledScore(score) },
    })
    return 0
  }

  /** Where the series has changed lanes, what it left in the old one comes first. */
  #fence(series: Series, lane: Lane<RoutedReading>, tick: number): boolean {
    if (series.laneTier === undefined || series.laneTier === series.tier) return true
    return lane.fence(this.lanes.readings[series.laneTier][series.shard], tick)
  }

  #tell(
    frame: Frame,
    { value, lat, lon }: Reading,
    series: Series,
    { time, score, phase, tick }: { time: number; score: number; phase: number; tick: number },
  ): boolean {
    const lane = this.lanes.events[series.shard]
    if (!lane.ensureRoom(tick)) return false
    const { statistics, region, tier } = series
    const mean = Math.fround(statistics.mean)
    const deviation = Math.fround(Math.sqrt(statistics.variance))
    const { receivedMs } = frame
    lane.append({
      ...{ series, time, value, score, receivedMs, mean, deviation, region, tier, phase },
      ...{ lat, lon },
    })
    return true
  }

  #metricOf({ key }: Series): MetricRule {
    const metric = this.#rules.metrics.get(Number(key & 0xffffn))
    if (metric === undefined) throw new Error(`the metric of series ${key} is no longer known`)
    return metric
  }
}
