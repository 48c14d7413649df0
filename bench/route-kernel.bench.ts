/**
 * Readings per second that one thread routes: uniform random series, frames of 1,000. Frames are made and lanes drained
 * outside the timed part. Compared with a plain JavaScript route of the same frames: a Map of series, objects in arrays.
 */
import { seededRandom, type Random } from '../src/core/random.ts'
import { compileKernels, openKernels, type Kernels } from '../src/kernels/kernels.ts'
import { cellAt } from '../src/kernels/reference/cell.ts'
import { publishCursor } from '../src/memory/atomics.ts'
import { ROUTER_ACCEPTED } from '../src/memory/layout/counters.layout.ts'
import * as M from '../src/memory/layout/map.layout.ts'
import { RING_ROUTE_CURSOR, RING_WRITE_CURSOR } from '../src/memory/layout/ring.layout.ts'
import { writeMemoryMap } from '../src/memory/memory-map.ts'
import { type MemoryPlan, placeOf, planMemory } from '../src/memory/memory-plan.ts'
import { SpscFrameProducer } from '../src/memory/rings/spsc-frame-ring.ts'
import { reserveMemory, type SharedMemory, viewMemory } from '../src/memory/shared-memory.ts'
import { type BenchCase, benchCase, type BenchResult, benchResult, timed } from './bench.ts'

interface Size {
  readonly series: readonly number[]
  /** Readings in the timed part, each. */
  readonly readings: number
}

export const sizes: { small: Size; full: Size } = {
  small: { series: [2000], readings: 100_000 },
  full: { series: [100_000, 1_000_000, 10_000_000], readings: 20_000_000 },
}

const FRAME_READINGS = 1000
const BATCH_FRAMES = 100
const MESSAGE_BYTES = 32 + 32 * FRAME_READINGS
/** Beyond this a Map of objects needs more heap than Node gives by default. */
const MAX_PLAIN_SERIES = 1_000_000
const PARAMETERS = {
  ...{ warmup: 30, clearAfter: 5, clearRatio: 0.5, smoothing: 0.05, timeAheadMs: 3_600_000 },
  ...{ defaultTier: 2, knownOnly: false, deviceReadingsPerSecond: 0 },
}

export async function run(size: Size): Promise<BenchResult> {
  const module = await compileKernels()
  const cases = size.series.map((series) => routeCase(module, series, size.readings))
  return benchResult(cases, Math.min(1, cases.length - 1))
}

function routeCase(module: WebAssembly.Module, series: number, readings: number): BenchCase {
  const kernel = new KernelRun(module, series)
  const value = kernel.perSecond(readings)
  const plainSeries = Math.min(series, MAX_PLAIN_SERIES)
  const plain = new PlainRun(plainSeries).perSecond(Math.min(readings, 2_000_000))
  const name = `${series.toLocaleString('en')} series`
  const comparison = { name: `Map and objects, ${plainSeries.toLocaleString('en')} series`, value: plain }
  return benchCase(name, 'readings/s', value, comparison, kernel.accepted)
}

/** Random readings of a fleet. */
class Fleet {
  readonly #low: Uint32Array
  readonly #high: Uint32Array
  readonly #random: Random
  #next = 1

  constructor(series: number) {
    this.#random = seededRandom(series)
    this.#low = Uint32Array.from({ length: series }, () => ((this.#random() * 0x1_0000) << 16) | 1)
    this.#high = Uint32Array.from({ length: series }, () => this.#random() * 0x1_0000_0000)
  }

  /** Writes a frame's readings; the first frames have every series once. */
  write({ u32, i32, f64 }: Pick<SharedMemory, 'u32' | 'i32' | 'f64'>, address: number, first: number): void {
    for (let i = 0; i < FRAME_READINGS; i++) {
      const word = (address + 32 * i) >>> 2
      const index = first + i < this.#low.length ? first + i : this.#draw() % this.#low.length
      u32[word] = this.#low[index]
      u32[word + 1] = this.#high[index]
      f64[(word >>> 1) + 1] = 0
      f64[(word >>> 1) + 2] = 20 + (this.#draw() % 1000) / 500
      i32[word + 6] = (this.#draw() % 1_700_000_000) - 850_000_000
      i32[word + 7] = (this.#draw() % 3_600_000_000) - 1_800_000_000
    }
  }

  /** Marsaglia's xorshift: as cheap as what is measured is fast. */
  #draw(): number {
    let x = this.#next
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#next = x
    return x >>> 0
  }
}

class KernelRun {
  readonly #memory: SharedMemory
  readonly #plan: MemoryPlan
  readonly #kernels: Kernels
  readonly #ring: SpscFrameProducer
  readonly #fleet: Fleet
  readonly #series: number
  #cursor = 0

  constructor(module: WebAssembly.Module, series: number) {
    const ringBytes = 1 << 23
    this.#series = series
    this.#plan = planMemory({
      ...{ series, devices: 1000, ringBytes, rings: 1, backlogBytes: 1 << 27, workers: 1 },
      ...{ limitsDeviceRate: false, shardStateBytes: 0 },
    })
    this.#memory = viewMemory(reserveMemory(this.#plan.totalBytes))
    writeMemoryMap(this.#memory, this.#plan, { ...PARAMETERS, seriesLimit: series })
    this.#allowMetric(1)
    this.#kernels = openKernels(module, this.#memory.memory)
    this.#ring = new SpscFrameProducer(this.#memory, this.#control, placeOf.ring(this.#plan, 0), ringBytes)
    this.#fleet = new Fleet(series)
  }

  get #control(): number {
    return placeOf.ringControl(this.#plan, 0)
  }

  get accepted(): number {
    const at = (this.#plan.at.routerCounters + ROUTER_ACCEPTED) >>> 2
    return [0, 2, 4, 6].reduce((sum, word) => sum + this.#memory.u32[at + word], 0)
  }

  #allowMetric(id: number): void {
    const metric = this.#plan.at.metrics + M.METRIC_BYTES * id
    this.#memory.f32[(metric + M.METRIC_THRESHOLD) >>> 2] = 6
    this.#memory.f32[(metric + M.METRIC_MIN_DEVIATION) >>> 2] = 1e-6
    this.#memory.bytes[metric + M.METRIC_DIRECTION] = M.DIRECTION_HIGH | M.DIRECTION_LOW
    this.#memory.bytes[metric + M.METRIC_KNOWN] = 1
  }

  perSecond(readings: number): number {
    const batch = BATCH_FRAMES * FRAME_READINGS
    let sent = 0
    for (; sent < this.#series + batch; sent += batch) this.#batch(sent)
    let ms = 0
    let timedReadings = 0
    for (; timedReadings < readings; timedReadings += batch) ms += this.#batch(Infinity)
    return (timedReadings / ms) * 1000
  }

  /** Milliseconds to route a batch. */
  #batch(first: number): number {
    for (let frame = 0; frame < BATCH_FRAMES; frame++) {
      const address = this.#ring.claim(MESSAGE_BYTES, FRAME_READINGS)
      this.#fleet.write(this.#memory, address + 32, first + frame * FRAME_READINGS)
      this.#ring.commit(32, FRAME_READINGS, 1, 0, performance.now())
    }
    const ms = timed(() => this.#route())
    const { map } = this.#plan.at
    for (let track = 0; track < 5; track++)
      while (this.#kernels.drainTrack(map, 0, track, 0, 1_000_000, performance.now()) > 0);
    return ms
  }

  #route(): void {
    const { map, scratch } = this.#plan.at
    const mask = this.#plan.needs.ringBytes - 1
    const data = placeOf.ring(this.#plan, 0)
    const end = this.#memory.i32[(this.#control + RING_WRITE_CURSOR) >>> 2]
    while (this.#cursor !== end) {
      const offset = 1_767_000_000_000
      this.#cursor =
        this.#kernels.route(map, scratch, this.#control, data, mask, this.#cursor, end, 4096, offset) | 0
      this.#kernels.publish(map, scratch, performance.now())
      publishCursor(this.#memory.i32, this.#control + RING_ROUTE_CURSOR, this.#cursor)
    }
  }
}

interface PlainSeries {
  mean: number
  variance: number
  count: number
}

interface PlainReading {
  readonly series: PlainSeries
  readonly time: number
  readonly value: number
  readonly region: number
  readonly score: number
}

/** The same work as one would first write it. */
class PlainRun {
  readonly #views: Pick<SharedMemory, 'u32' | 'i32' | 'f64'>
  readonly #series = new Map<number, PlainSeries>()
  readonly #regions = new Uint8Array(65_536)
  readonly #fleet: Fleet
  readonly #size: number
  #lanes: PlainReading[][] = []

  constructor(series: number) {
    const buffer = new ArrayBuffer(32 * FRAME_READINGS)
    this.#views = {
      ...{ u32: new Uint32Array(buffer), i32: new Int32Array(buffer), f64: new Float64Array(buffer) },
    }
    this.#fleet = new Fleet(series)
    this.#size = series
  }

  perSecond(readings: number): number {
    for (let sent = 0; sent < this.#size; sent += FRAME_READINGS) this.#frame(sent)
    let ms = 0
    for (let sent = 0; sent < readings; sent += FRAME_READINGS) ms += this.#frame(Infinity)
    return (readings / ms) * 1000
  }

  #frame(first: number): number {
    this.#lanes = Array.from({ length: 64 }, () => [])
    this.#fleet.write(this.#views, 0, first)
    return timed(() => {
      for (let i = 0; i < FRAME_READINGS; i++) this.#route(i)
    })
  }

  #route(index: number): void {
    const { u32, i32, f64 } = this.#views
    const device = u32[8 * index + 1] * 0x1_0000 + (u32[8 * index] >>> 16)
    const value = f64[4 * index + 2]
    let series = this.#series.get(device)
    if (series === undefined) this.#series.set(device, (series = { mean: 0, variance: 0, count: 0 }))
    const delta = value - series.mean
    const score = delta / Math.sqrt(Math.max(series.variance, 1e-12))
    const gain = Math.max(0.05, 1 / ++series.count)
    series.mean += gain * delta
    series.variance = (1 - gain) * (series.variance + gain * delta * delta)
    const region = this.#regions[cellAt(i32[8 * index + 6], i32[8 * index + 7])]
    this.#lanes[device % 64].push({ series, time: f64[4 * index + 1], value, region, score })
  }
}
