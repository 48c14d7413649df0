/**
 * A checkpoint of a fleet whose every series has a row, with readings waiting in the lanes: for how long the shard that is
 * copied cannot be worked at, how long a full checkpoint, one after 1 % of the series have sent something, and a restore
 * take, and how many bytes they are. On the disk of the temporary folder.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/core/clock.ts'
import { compileKernels, type Kernels, openKernels } from '../src/kernels/kernels.ts'
import { Signals } from '../src/memory/agents/signals.ts'
import { openCapture } from '../src/memory/capture-area.ts'
import * as M from '../src/memory/layout/map.layout.ts'
import * as S from '../src/memory/layout/series.layout.ts'
import { writeMemoryMap } from '../src/memory/memory-map.ts'
import { type MemoryPlan, placeOf, planMemory } from '../src/memory/memory-plan.ts'
import { SpscFrameProducer } from '../src/memory/rings/spsc-frame-ring.ts'
import { reserveMemory, type SharedMemory, viewMemory } from '../src/memory/shared-memory.ts'
import { CheckpointReader } from '../src/storage/checkpoint/checkpoint-reader.ts'
import { CheckpointWriter } from '../src/storage/checkpoint/checkpoint-writer.ts'
import { restoreNewest } from '../src/storage/checkpoint/restore-newest.ts'
import { ShardCapture } from '../src/storage/checkpoint/shard-capture.ts'
import { NodeDisk } from '../src/storage/disk/node-disk.ts'
import { kernelChecksum, kernelRoom } from '../src/storage/journal/checksum.ts'
import { type BenchCase, benchCase, type BenchResult, benchResult, timed } from './bench.ts'

interface Size {
  readonly series: readonly number[]
  /** Readings waiting in the lanes. */
  readonly waiting: number
}

export const sizes: { small: Size; full: Size } = {
  small: { series: [20_000], waiting: 20_000 },
  full: { series: [1_000_000, 10_000_000], waiting: 1_000_000 },
}

const FRAME_READINGS = 1000
const RING_BYTES = 1 << 23
const CHANGED_SHARE = 0.01
/** Rows that the plain way is measured with; it takes as long for each of the others. */
const JSON_ROWS = 20_000
const MIB = 2 ** 20
const PARAMETERS = {
  ...{ warmup: 30, clearAfter: 5, clearRatio: 0.5, smoothing: 0.05, timeAheadMs: 3_600_000 },
  ...{ defaultTier: 1, knownOnly: false, deviceReadingsPerSecond: 0 },
}

export async function run(size: Size): Promise<BenchResult> {
  const module = await compileKernels()
  return benchResult(size.series.flatMap((series) => casesOf(module, series, size.waiting)))
}

function casesOf(module: WebAssembly.Module, series: number, waiting: number): BenchCase[] {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  try {
    const fleet = new Fleet(module, series)
    fleet.fill()
    fleet.send(waiting)
    const writer = fleet.writer(dataDir)
    const full = checkpoint(writer)
    fleet.drain()
    checkpoint(writer)
    fleet.send(series * CHANGED_SHARE)
    fleet.drain()
    const incremental = checkpoint(writer)
    const held = fleet.copyMs()
    const plain = fleet.jsonMs()
    const { ms: restoreMs, restored } = new Fleet(module, series).restore(dataDir)
    const name = (what: string): string => `${series.toLocaleString('en')} series: ${what}`
    const json = { name: 'JSON of the same rows', value: plain.write }
    return [
      benchCase(
        name('longest pause of a shard'),
        'ms',
        full.pauseMs,
        { name: 'copy under its claim', value: held },
        series,
      ),
      benchCase(
        name('longest hold of the router'),
        'ms',
        full.holdMs,
        { name: 'copy under its claim', value: held },
        series,
      ),
      benchCase(name('full checkpoint'), 'ms', full.ms, json, series),
      benchCase(name('1 % changed'), 'ms', incremental.ms, { name: 'full', value: full.ms }, series),
      benchCase(name('full checkpoint'), 'MiB', full.mib, { name: 'JSON', value: plain.mib }, series),
      benchCase(name('1 % changed'), 'MiB', incremental.mib, { name: 'full', value: full.mib }, series),
      benchCase(
        name('restore'),
        'ms',
        restoreMs,
        { name: 'JSON of the same rows', value: plain.read },
        restored,
      ),
    ]
  } finally {
    rmSync(dataDir, { recursive: true })
  }
}

function checkpoint(writer: CheckpointWriter) {
  let sealed = { bytes: 0, longestPauseMs: 0, longestHoldMs: 0 }
  const ms = timed(() => {
    writer.begin(0)
    for (let shard = 0; shard < S.SHARD_COUNT; shard++)
      if (writer.captureShard(shard) === 'busy') throw new Error('nobody else is there')
    sealed = writer.seal({})
    writer.publish()
  })
  return { ms, mib: sealed.bytes / MIB, pauseMs: sealed.longestPauseMs, holdMs: sealed.longestHoldMs }
}

/** Metric 1 of different devices, of all shards: an odd factor is one to one. */
const keyOf = (index: number): bigint =>
  (BigInt.asUintN(48, BigInt(1 + index) * 0x5851_f42d_4c95n) << 16n) | 1n

/** Series with rows in a memory, and a router and a worker for them. */
class Fleet {
  readonly #memory: SharedMemory
  readonly #plan: MemoryPlan
  readonly #module: WebAssembly.Module
  readonly #kernels: Kernels
  readonly #series: number
  readonly #keys: BigUint64Array
  readonly #clock = systemClock()
  readonly #ring: SpscFrameProducer
  #cursor = 0

  constructor(module: WebAssembly.Module, series: number) {
    this.#module = module
    this.#series = series
    this.#plan = planMemory({
      ...{ series, devices: 1000, ringBytes: RING_BYTES, rings: 1, backlogBytes: 1 << 27, workers: 1 },
      ...{ limitsDeviceRate: false, shardStateBytes: 0, isDurable: true, capturesShards: true },
    })
    this.#memory = viewMemory(reserveMemory(this.#plan.totalBytes))
    writeMemoryMap(this.#memory, this.#plan, { ...PARAMETERS, seriesLimit: series })
    this.#kernels = openKernels(module, this.#memory.memory)
    this.#keys = BigUint64Array.from({ length: series }, (_, index) => keyOf(index))
    const metric = this.#plan.at.metrics + M.METRIC_BYTES
    this.#memory.f32[(metric + M.METRIC_THRESHOLD) >>> 2] = 1e9
    this.#memory.f32[(metric + M.METRIC_MIN_DEVIATION) >>> 2] = 1
    this.#memory.bytes[metric + M.METRIC_KNOWN] = 1
    const control = placeOf.ringControl(this.#plan, 0)
    this.#ring = new SpscFrameProducer(this.#memory, control, placeOf.ring(this.#plan, 0), RING_BYTES)
  }

  /** Every series has had a reading. */
  fill(): void {
    for (let first = 0; first < this.#series; first += FRAME_READINGS) {
      this.#frame(first, 1)
      this.#route()
      this.drain()
    }
  }

  /** Readings of series all over the table. */
  send(readings: number): void {
    const frames = Math.ceil(readings / FRAME_READINGS)
    const step = Math.max(1, Math.floor(this.#series / (frames * FRAME_READINGS)))
    for (let frame = 0; frame < frames; frame++) {
      this.#frame(frame * FRAME_READINGS * step, step)
      this.#route()
    }
  }

  drain(): void {
    for (let track = 0; track < 5; track++)
      while (this.#kernels.drainTrack(this.#plan.at.map, 0, track, 0, 1_000_000, this.#clock.nowMs()) > 0);
  }

  writer(dataDir: string): CheckpointWriter {
    const [memory, plan, kernels, clock] = [this.#memory, this.#plan, this.#kernels, this.#clock]
    const signals = new Signals(memory, plan.at.control)
    const capture = new ShardCapture({ memory, plan, kernels, signals, clock, patienceMs: 100 })
    const disk = new NodeDisk()
    return new CheckpointWriter({
      ...{ capture, plan, disk, dataDir, checksum: this.#checksum, clock, run: 1, damaged: [] },
      rest: () => undefined,
    })
  }

  restore(dataDir: string): { ms: number; restored: number } {
    const [memory, plan, kernels, clock] = [this.#memory, this.#plan, this.#kernels, this.#clock]
    const reader = new CheckpointReader(new NodeDisk(), dataDir, kernelRoom(this.#module))
    let restored = 0
    const ms = timed(() => {
      restored = restoreNewest({ reader, memory, plan, kernels, clock }).restored?.series ?? 0
    })
    return { ms, restored }
  }

  /** What the longest pause would be if a shard were simply copied. */
  copyMs(): number {
    const bytes = this.#plan.slotsPerShard * S.ROW_BYTES
    const target = new Uint8Array(2 * bytes).fill(1)
    const part = (table: number) => this.#memory.bytes.subarray(table, table + bytes)
    openCapture(this.#memory, this.#plan)
    return Math.max(
      ...Array.from({ length: S.SHARD_COUNT }, (_, shard) =>
        timed(() => {
          target.set(part(this.#plan.at.series + shard * bytes))
          target.set(part(this.#plan.at.windows + shard * bytes), bytes)
        }),
      ),
    )
  }

  /** The plain way: objects to JSON and back, in one piece. */
  jsonMs(): { write: number; read: number; mib: number } {
    const { f64 } = this.#memory
    const rows = Array.from({ length: Math.min(JSON_ROWS, this.#series) }, (_, index) => {
      const row = this.#kernels.findSeries(this.#plan.at.map, this.#keys[index]) >>> 0
      const window = row - this.#plan.at.series + this.#plan.at.windows
      const doubles = (at: number, count: number) => [...f64.subarray(at >>> 3, (at >>> 3) + count)]
      return { key: String(this.#keys[index]), row: doubles(row + 8, 6), window: doubles(window, 8) }
    })
    let text = ''
    const share = this.#series / rows.length
    const write = timed(() => (text = JSON.stringify(rows))) * share
    const read = timed(() => JSON.parse(text) as unknown) * share
    return { write, read, mib: (text.length * share) / MIB }
  }

  get #checksum() {
    return kernelChecksum(this.#kernels, this.#memory.memory, this.#plan.at.crcTables)
  }

  #frame(first: number, step: number): void {
    const address = this.#ring.claim(32 + 32 * FRAME_READINGS, FRAME_READINGS)
    const view = new DataView(this.#memory.memory.buffer)
    for (let i = 0; i < FRAME_READINGS; i++) {
      const at = address + 32 + 32 * i
      view.setBigUint64(at, this.#keys[(first + i * step) % this.#series], true)
      view.setFloat64(at + 8, 0, true)
      view.setFloat64(at + 16, 20 + i / 1000, true)
      view.setInt32(at + 24, -2147483648, true)
      view.setInt32(at + 28, -2147483648, true)
    }
    this.#ring.commit(32, FRAME_READINGS, 1, 0, this.#clock.nowMs())
  }

  #route(): void {
    const { map, scratch } = this.#plan.at
    const control = placeOf.ringControl(this.#plan, 0)
    const end = this.#memory.u32[control >>> 2]
    const data = placeOf.ring(this.#plan, 0)
    const offset = this.#clock.epochMs() - this.#clock.nowMs()
    this.#cursor =
      this.#kernels.route(
        map,
        scratch,
        control,
        data,
        RING_BYTES - 1,
        this.#cursor,
        end,
        0xffffffff,
        offset,
      ) >>> 0
    this.#kernels.publish(map, scratch, this.#clock.nowMs())
    this.#memory.u32[(control + 128) >>> 2] = this.#cursor
  }
}
