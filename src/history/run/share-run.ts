import type { Disk, DiskFile } from '../../core/disk.ts'
import type { PipelineDefinition } from '../../pipelines/definition/definition.ts'
import type { Counts } from '../../pipelines/runtime/counts.ts'
import { DeviceList } from '../device-list.ts'
import type { Chunk, Format } from '../input/chunk.ts'
import { type Lines, linesInRange } from '../input/lines-in-range.ts'
import { horizonMs } from '../horizon.ts'
import { isByDevice } from '../is-by-device.ts'
import { observed } from '../outputs-of.ts'
import { ChunkReading } from '../scan/chunk-reading.ts'
import type { FieldNames } from '../scan/columns.ts'
import { CsvScanner } from '../scan/csv-scanner.ts'
import { FrameScanner } from '../scan/frame-scanner.ts'
import { JournalScanner } from '../scan/journal-scanner.ts'
import { MetricNumbers } from '../scan/metric-numbers.ts'
import { NdjsonScanner } from '../scan/ndjson-scanner.ts'
import { ScanDesk } from '../scan/scan-desk.ts'
import { ScanRoom } from '../scan/scan-room.ts'
import type { Scanner } from '../scan/scanner.ts'
import { AnomalyScan } from '../anomalies/anomaly-scan.ts'
import type { Order, Outcome, PartOrder, Report, ThreadOrder } from './messages.ts'
import type { OpenedStream, OpenStream } from './open-stream.ts'
import { ResultLines } from './result-lines.ts'
import { RunNames } from './run-names.ts'
import { ShardFeed } from './shard-feed.ts'

/** What one thread does: it reads chunks of the input for all, and runs the pipeline over the shards of its share. */
export class ShareRun {
  readonly shared: unknown
  readonly #disk: Disk
  readonly #reading: ChunkReading
  readonly #scanners: readonly Scanner[]
  readonly #devices: DeviceList
  readonly #names: RunNames
  readonly #lines: ResultLines
  readonly #feed: ShardFeed
  readonly #anomalies: AnomalyScan | undefined
  readonly #combine: (watermark: number) => void
  readonly #late: () => number
  readonly #horizonMs: number
  readonly #files = new Map<string, DiskFile>()
  /** By reading thread: ids by its numbers of devices. */
  readonly #readDevices: readonly ReadDevices[]
  readonly #room: ScanRoom

  static open(
    order: ThreadOrder,
    definition: PipelineDefinition,
    { disk, open, kernels }: { disk: Disk; open: OpenStream; kernels: WebAssembly.Module },
  ): ShareRun {
    const devices = new DeviceList(order.devices)
    const names = new RunNames(devices, order.metrics)
    const { definition: shown, topics } = observed(withLateness(definition, order.latenessMs))
    const lines = new ResultLines(names, topics, order.topic)
    const late = new LateCount()
    const { shared, share } = order
    const parts = { definition: shown, outlet: lines, lookup: names, counts: late }
    const opened = open({ ...parts, owner: share + 1, shared })
    const rest = { horizonMs: horizonMs(shown), isByDevice: isByDevice(shown) }
    return new ShareRun(order, {
      disk,
      desk: new ScanDesk(kernels),
      devices,
      names,
      lines,
      late,
      opened,
      ...rest,
    })
  }

  private constructor(
    order: ThreadOrder,
    parts: {
      readonly disk: Disk
      readonly desk: ScanDesk
      readonly devices: DeviceList
      readonly names: RunNames
      readonly lines: ResultLines
      readonly late: LateCount
      readonly opened: OpenedStream
      readonly horizonMs: number
      readonly isByDevice: boolean
    },
  ) {
    const { stream, shared } = parts.opened
    this.shared = shared
    this.#disk = parts.disk
    this.#devices = parts.devices
    this.#names = parts.names
    this.#lines = parts.lines
    this.#horizonMs = parts.horizonMs
    this.#readDevices = Array.from({ length: order.shares }, () => new ReadDevices(parts.desk))
    this.#late = () => parts.late.rows
    this.#combine = (watermark) => stream.advanceCombined(watermark)
    const scanNames = {
      devices: this.#devices,
      metricName: (id: number) => this.#names.metricName(id),
      regionName: (index: number) => this.#names.regionName(index),
    }
    this.#anomalies = order.anomalies && new AnomalyScan(order.anomalies, scanNames)
    this.#feed = new ShardFeed(
      parts.desk,
      parts.opened,
      order.share,
      order.shares,
      parts.isByDevice,
      this.#anomalies,
    )
    this.#room = new ScanRoom(parts.desk)
    this.#reading = new ChunkReading(parts.desk, { ...order, devices: this.#devices })
    const metrics = new MetricNumbers(parts.desk, new Map(order.dictionary))
    this.#scanners = order.formats.map((format) => scannerOf(parts.desk, format, order.fields, metrics))
  }

  /** Does what is asked; what has become of it. */
  work(order: Order): Report {
    switch (order.kind) {
      case 'scan':
        return { kind: 'scanned', chunk: order.chunk, ...this.#scan(order.input, order.place) }
      case 'take':
        return { kind: 'taken', chunk: order.chunk, floor: this.#take(order), ...this.#said() }
      case 'combine':
        this.#combine(order.watermark)
        return { kind: 'combined', chunk: order.chunk, ...this.#lines.take() }
      case 'finish':
        this.#feed.finish(order.latest + this.#horizonMs)
        for (const file of this.#files.values()) file.close()
        return {
          kind: 'taken',
          chunk: order.chunk,
          floor: order.latest + this.#horizonMs,
          ...this.#said(),
        }
      case 'end':
        return { kind: 'ended', late: this.#late() }
    }
  }

  #said(): Outcome {
    const anomalies = this.#anomalies?.notes() ?? []
    return { ...this.#lines.take(), ...(anomalies.length > 0 && { anomalies }) }
  }

  #scan(input: number, place: Chunk): ReturnType<ChunkReading['take']> {
    const { bytes, from, to } = this.#bytesOf(place)
    return this.#reading.take(this.#scanners[input].scan(bytes, from, to, this.#reading))
  }

  #bytesOf(place: Chunk): Lines {
    if (place.kind === 'given')
      return this.#room.laid({ bytes: place.bytes, from: 0, to: place.bytes.length })
    const file = this.#file(place.path)
    if (place.kind === 'lines')
      return this.#room.laid(linesInRange(file, place.from, place.to, this.#room.bytes))
    const length = place.to - place.from
    const bytes = this.#room.ofBytes(length)
    file.read(bytes, place.from)
    return { bytes, from: 0, to: length }
  }

  #take(part: PartOrder): number {
    this.#names.learn(part.metrics, part.regions)
    for (const { id, name } of part.devices) this.#devices.name(id, name)
    const deviceIds = this.#readDevices[part.reader].learn(part.deviceIds)
    const { metricIds, regionIds, records, heads } = part
    const floor = this.#feed.take({ records, heads }, { deviceIds, metricIds, regionIds }, part.latest)
    this.#reading.reuse(part.records)
    return floor
  }

  #file(path: string): DiskFile {
    const file = this.#files.get(path) ?? this.#disk.open(path, 'read')
    this.#files.set(path, file)
    return file
  }
}

/** Ids of devices by the numbers of the thread that has read them, where the kernels find them. */
class ReadDevices {
  readonly #desk: ScanDesk
  #ids: Float64Array
  #count = 0

  constructor(desk: ScanDesk) {
    this.#desk = desk
    this.#ids = desk.doubles(1024)
  }

  learn(fresh: Float64Array): Float64Array {
    if (this.#count + fresh.length > this.#ids.length) {
      const longer = this.#desk.doubles(2 * (this.#count + fresh.length))
      longer.set(this.#ids)
      this.#ids = longer
    }
    this.#ids.set(fresh, this.#count)
    this.#count += fresh.length
    return this.#ids
  }
}

class LateCount implements Counts {
  rows = 0
  late(rows: number): void {
    this.rows += rows
  }
  shown(): void {}
  failed(): void {}
  results(): void {}
}

function scannerOf(desk: ScanDesk, format: Format, fields: FieldNames, metrics: MetricNumbers): Scanner {
  switch (format.kind) {
    case 'ndjson':
      return new NdjsonScanner(desk, fields)
    case 'csv':
      return new CsvScanner(desk, format.columns, fields)
    case 'frames':
      return new FrameScanner(desk, metrics)
    case 'journal':
      return new JournalScanner(metrics)
  }
}

const withLateness = (definition: PipelineDefinition, latenessMs: number | undefined): PipelineDefinition =>
  latenessMs === undefined ? definition : { ...definition, time: { ...definition.time, latenessMs } }
