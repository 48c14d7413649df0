import { deviceIdOf } from '../core/ids.ts'
import { type Tier, tierIndex } from '../core/tiers.ts'
import type { Incident } from '../core/incident.ts'
import { parseConfig } from '../engine/config/parse.ts'
import type { ConfigInput } from '../engine/config/schema.ts'
import { anomalyOrderOf } from '../history/anomalies/anomaly-order.ts'
import { AnomalyScan } from '../history/anomalies/anomaly-scan.ts'
import { IncidentFinder } from '../history/anomalies/incident-finder.ts'
import { DeviceList, type KnownDevice } from '../history/device-list.ts'
import { horizonMs } from '../history/horizon.ts'
import { ENDS, observed } from '../history/outputs-of.ts'
import type { OpenStream } from '../history/run/open-stream.ts'
import { RunNames } from '../history/run/run-names.ts'
import { shardOfDevice } from '../history/scan/shard-of-device.ts'
import type { PipelineDefinition } from '../pipelines/definition/definition.ts'
import { SLICE_READINGS } from '../core/limits.ts'
import type { Stream } from '../pipelines/runtime/stream.ts'
import { Outcomes, type TestAlert, type TestDeadLetter } from './outcomes.ts'
import { ShardClock } from './shard-clock.ts'
import { TestBlock } from './test-block.ts'
import { DEFAULT_START, instantMs, type Span, spanMs } from './virtual-time.ts'

/** A reading to send. */
export interface TestReading {
  readonly device: string
  readonly metric: string
  readonly value: number
  /** A date, milliseconds since 1970, or a span since the start of the test such as `'90s'`; else now. */
  readonly at?: string | number
  /** Degrees. */
  readonly lat?: number
  readonly lon?: number
  readonly region?: string
  readonly tier?: Tier
  /** Standard deviations from the running mean, as the router would have found. */
  readonly score?: number
}

export interface TestOptions {
  /** What time it is when the test begins: a date or milliseconds since 1970. Default: 2027-01-01T00:00:00Z. */
  readonly start?: string | number
  /** As in an engine's configuration: readings are scored, and anomalies that belong together are incidents. */
  readonly anomalies?: ConfigInput['anomalies']
  readonly metrics?: ConfigInput['metrics']
  readonly incidents?: ConfigInput['incidents']
}

export type DeviceEntries = Readonly<Record<string, Omit<KnownDevice, 'name'>>>

/** A pipeline on virtual time: see `testPipeline`. */
export class PipelineTest {
  readonly #start: number
  readonly #stream: Stream
  readonly #clock: ShardClock
  readonly #outcomes = new Outcomes()
  readonly #devices = new DeviceList([])
  readonly #names: RunNames
  /** Nodes by what their items are asked for by: stage, topic. */
  readonly #nodes = new Map<string, string[]>()
  readonly #block = new TestBlock()
  readonly #horizonMs: number
  #scan: AnomalyScan | undefined
  #incidents: IncidentFinder | undefined
  #regions = 0
  #now: number

  /** @internal */
  constructor(
    definition: PipelineDefinition,
    { start = DEFAULT_START, ...config }: TestOptions,
    open: OpenStream,
  ) {
    this.#start = this.#now = instantMs(start, DEFAULT_START)
    this.#names = new RunNames(this.#devices, [...new Set(definition.metrics)])
    this.#region('unassigned')
    const stages = definition.nodes.filter(({ kind }) => !ENDS.includes(kind)).map(({ id }) => id)
    const { definition: shown, topics } = observed(definition, stages)
    for (const [node, topic] of topics) this.#listen(topic, node)
    for (const { id, kind } of definition.nodes)
      if (kind === 'emit' && topics.get(id) !== id) this.#listen(id, id)
    const parts = { outlet: this.#outcomes, lookup: this.#names, counts: this.#outcomes, owner: 1 }
    this.#stream = open({ definition: shown, ...parts, shared: undefined }).stream
    this.#horizonMs = horizonMs(shown)
    this.#clock = new ShardClock(this.#stream, this.#now)
    this.#findAnomalies(config)
  }

  /** Virtual time, milliseconds since 1970. */
  get now(): number {
    return this.#now
  }

  /** Alerts raised and cleared so far. */
  get alerts(): readonly TestAlert[] {
    return this.#outcomes.alerts
  }

  /** Incidents, those with the latest anomaly first; there are none without `incidents` among the options. */
  get incidents(): readonly Incident[] {
    return this.#incidents?.book.recent(Infinity) ?? []
  }

  /** Items that user functions threw over. */
  get deadLetters(): readonly TestDeadLetter[] {
    return this.#outcomes.deadLetters
  }

  /** Readings that `toSeries` made. */
  get series(): readonly { device: string | number; metric: string; time: number; value: number }[] {
    return this.#outcomes.readings.map(({ device, metric, time, value }) => ({ device, metric, time, value }))
  }

  /** How many readings came too late for their window. */
  get late(): number {
    return this.#outcomes.lateRows
  }

  /** What came out of a stage (`'window-1'`), or under a topic, so far. */
  results<Result = Readonly<Record<string, unknown>>>(name: string): readonly Result[] {
    const nodes = this.#nodes.get(name)
    if (nodes === undefined) {
      const names = [...this.#nodes.keys()].join(', ')
      throw new RangeError(`nothing comes out of ${JSON.stringify(name)}; there are ${names}`)
    }
    return nodes.flatMap((node) => this.#outcomes.items(node)) as Result[]
  }

  /** Says what the registry knows of devices, by name. */
  registry(devices: DeviceEntries): this {
    for (const [name, known] of Object.entries(devices)) this.#devices.add({ ...known, name })
    return this
  }

  /** Sends readings, in this order. Virtual time goes on to the latest of them. */
  send(...readings: readonly (TestReading | readonly TestReading[])[]): this {
    for (const reading of readings.flat()) this.#take(reading)
    this.#show()
    this.#clock.tell(this.#now)
    this.#incidents?.advance(Infinity)
    return this
  }

  /** Lets time pass without readings. */
  advance(span: Span): this {
    this.#now += spanMs(span)
    this.#clock.tell(this.#now)
    return this
  }

  /** The end of all readings: every window closes. */
  finish(): this {
    this.#clock.end(this.#horizonMs)
    this.#incidents?.finish()
    return this
  }

  /** Without any of these options a reading's score is what the test says. */
  #findAnomalies({ anomalies, metrics, incidents }: Omit<TestOptions, 'start'>): void {
    if (anomalies === undefined && metrics === undefined && incidents === undefined) return
    const given = {
      ...(anomalies !== undefined && { anomalies }),
      ...(metrics !== undefined && { metrics }),
      ...(incidents !== undefined && { incidents }),
    }
    const { config } = parseConfig(given)
    const names = {
      devices: this.#devices,
      metricName: (id: number) => this.#names.metricName(id),
      regionName: (index: number) => this.#names.regionName(index),
    }
    this.#scan = new AnomalyScan(anomalyOrderOf(config), names)
    this.#incidents = new IncidentFinder(config)
  }

  #take({ device, metric, value, at, lat = NaN, lon = NaN, region, tier, score = 0 }: TestReading): void {
    const id = deviceIdOf(device)
    const shard = shardOfDevice(id)
    const known = this.#devices.known(id)
    if (known === undefined) this.#devices.name(id, device)
    if (this.#names.metricId(metric) === undefined) this.#names.learn([metric], [])
    const time = at === undefined ? this.#now : instantMs(at, this.#start)
    if (this.#block.count > 0 && (this.#block.shard !== shard || this.#block.count === SLICE_READINGS))
      this.#show()
    this.#now = Math.max(this.#now, time)
    this.#block.put(shard, {
      ...{ device: id, metric: this.#names.metricId(metric)!, time, value, lat, lon, score },
      region: this.#region(region ?? known?.region ?? 'unassigned'),
      tier: tierIndex(tier ?? known?.tier ?? 'standard'),
    })
  }

  /** Shows what has been sent of one shard, as a worker shows a slice. */
  #show(): void {
    const block = this.#block
    if (block.count === 0) return
    if (this.#scan !== undefined) {
      this.#scan.take(block)
      this.#incidents?.hear(this.#scan.notes())
    }
    this.#stream.process(block.shard, block, this.#clock.watermark(block.shard))
    this.#clock.heard(block.shard, block.latest(), this.#now)
    block.count = 0
  }

  #region(name: string): number {
    for (let index = 0; index < this.#regions; index++)
      if (this.#names.regionName(index) === name) return index
    this.#names.learn([], [name])
    return this.#regions++
  }

  #listen(name: string, node: string): void {
    this.#nodes.set(name, [...(this.#nodes.get(name) ?? []), node])
  }
}
