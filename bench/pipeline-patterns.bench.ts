/**
 * Patterns over shared state, one shard after the other in slices of 256 readings as a worker does it. `a → b within 10 s` by a
 * million devices: one reading in a hundred is an `a`, one a `b` (and then every one is either). Silence of a million devices:
 * every reading is a heartbeat, every ten seconds, and five minutes without one are told. A plain Map does the same. Rates are by seconds of CPU
 * time; ways take turns. Run: `npm run bench -- pipeline-patterns [--small]`.
 */
import { SLICE_READINGS } from '../src/core/limits.ts'
import { pipeline } from '../src/pipelines/builder/pipeline.ts'
import type { Stream as Built } from '../src/pipelines/builder/stage.ts'
import { compilePipeline } from '../src/pipelines/compiler/compile.ts'
import type { Lookup, Outlet } from '../src/pipelines/definition/outside.ts'
import type { ReadingBlock } from '../src/pipelines/definition/reading-block.ts'
import { OnlyThread } from '../src/pipelines/runtime/combined-door.ts'
import { PipelineRuntime } from '../src/pipelines/runtime/pipeline-runtime.ts'
import { UNGUARDED } from '../src/pipelines/runtime/result-guard.ts'
import { PipelineState } from '../src/pipelines/state/pipeline-state.ts'
import { benchCase, type BenchCase, benchResult, type BenchResult } from './bench.ts'

interface Size {
  readonly devices: number
  readonly rounds: number
}

export const sizes = {
  small: { devices: 2_000, rounds: 3 },
  full: { devices: 1_000_000, rounds: 6 },
}

const SHARDS = 64
const ROUND_MS = 10_000
const START = 1_800_000_000_000

const lookup: Lookup = {
  metricName: (id) => `m${id}`,
  metricId: (name) => Number(name.slice(1)),
  regionName: () => 'r',
  device: () => undefined,
}

/** All devices once in a round, shard by shard in slices; values are new in each round. */
class Feed {
  readonly block: ReadingBlock = {
    ...{
      count: SLICE_READINGS,
      device: new Float64Array(SLICE_READINGS),
      metric: new Uint16Array(SLICE_READINGS),
    },
    ...{ time: new Float64Array(SLICE_READINGS), value: new Float64Array(SLICE_READINGS) },
    ...{ lat: new Float64Array(SLICE_READINGS).fill(NaN), lon: new Float64Array(SLICE_READINGS).fill(NaN) },
    ...{ region: new Uint8Array(SLICE_READINGS), tier: new Uint8Array(SLICE_READINGS) },
    score: new Float64Array(SLICE_READINGS),
  }
  readonly #devices: number
  readonly #slices: number

  constructor(devices: number) {
    this.#devices = devices
    this.#slices = Math.ceil(devices / SHARDS / SLICE_READINGS)
  }

  round(number: number, show: (shard: number, block: ReadingBlock) => void): number {
    const perShard = Math.floor(this.#devices / SHARDS)
    let shown = 0
    for (let slice = 0; slice < this.#slices; slice++)
      for (let shard = 0; shard < SHARDS; shard++) {
        const from = slice * SLICE_READINGS
        const count = Math.min(SLICE_READINGS, perShard - from)
        if (count <= 0) continue
        this.#fill(number, shard, from, count)
        show(shard, this.block)
        shown += count
      }
    return shown
  }

  #fill(number: number, shard: number, from: number, count: number): void {
    const { block } = this
    const step = ROUND_MS / this.#devices
    block.count = count
    for (let row = 0; row < count; row++) {
      const device = (from + row) * SHARDS + shard + 1
      block.device[row] = device
      block.time[row] = START + number * ROUND_MS + Math.floor((from * SHARDS + row) * step)
      block.value[row] = (Math.imul(device + number * 7919, 0x9e3779b1) >>> 8) % 1000
    }
  }
}

interface Contestant {
  show(shard: number, block: ReadingBlock): void
  advance(shard: number, watermark: number): void
  readonly found: number
}

class Patterns implements Contestant {
  found = 0
  readonly #stream: PipelineRuntime

  constructor(built: Built) {
    const { definition } = built
    const compiled = compilePipeline(definition, lookup)
    const state = PipelineState.reserve({ ...definition.state, layout: '' })
    const nothing = (): void => undefined
    const outlet: Outlet = {
      ...{ flush: nothing, alert: nothing, reading: nothing },
      item: () => void this.found++,
      deadLetter: ({ cause }) => {
        throw new Error(cause)
      },
    }
    const counts = { shown: nothing, late: nothing, failed: nothing, results: nothing }
    this.#stream = new PipelineRuntime({
      ...{ compiled, state, outlet, lookup, counts },
      ...{ door: new OnlyThread(), references: () => undefined as never, guard: UNGUARDED },
    })
  }

  show(shard: number, block: ReadingBlock): void {
    this.#stream.process(shard, block, -Infinity)
  }

  advance(shard: number, watermark: number): void {
    this.#stream.advance(shard, watermark)
  }
}

/** In the order in which readings come, without a bound on what is kept, and never written down. */
class PlainSequence implements Contestant {
  found = 0
  readonly #isFirst: (value: number) => boolean
  readonly #isSecond: (value: number) => boolean
  readonly #open = new Map<number, { time: number; value: number }[]>()

  constructor(isFirst: (value: number) => boolean, isSecond: (value: number) => boolean) {
    this.#isFirst = isFirst
    this.#isSecond = isSecond
  }

  show(_shard: number, { count, device, time, value }: ReadingBlock): void {
    for (let row = 0; row < count; row++) {
      if (this.#isSecond(value[row])) this.#end(device[row], time[row])
      if (this.#isFirst(value[row])) this.#begin(device[row], time[row], value[row])
    }
  }

  advance(): void {}

  #begin(device: number, time: number, value: number): void {
    const open = this.#open.get(device)
    if (open === undefined) this.#open.set(device, [{ time, value }])
    else open.push({ time, value })
  }

  #end(device: number, time: number): void {
    const open = this.#open.get(device)
    if (open === undefined) return
    if (open.some((first) => time - first.time <= 10_000)) this.found++
    this.#open.delete(device)
  }
}

/** A map of last times, gone through once a second. */
class PlainSilence implements Contestant {
  found = 0
  readonly #last = new Map<number, number>()
  readonly #forMs: number
  #looked = 0

  constructor(forMs: number) {
    this.#forMs = forMs
  }

  show(_shard: number, { count, device, time }: ReadingBlock): void {
    for (let row = 0; row < count; row++) this.#last.set(device[row], time[row])
  }

  advance(_shard: number, watermark: number): void {
    if (watermark - this.#looked < 1000) return
    this.#looked = watermark
    for (const [device, time] of this.#last)
      if (time + this.#forMs < watermark) {
        this.found++
        this.#last.delete(device)
      }
  }
}

interface Run {
  micros: number
  readings: number
}

/** Each round is shown to all in turn; the first one only fills the state. */
function race(size: Size, contestants: readonly Contestant[]): Run[] {
  const runs = contestants.map(() => ({ micros: 0, readings: 0 }))
  const feeds = contestants.map(() => new Feed(size.devices))
  for (let round = 0; round <= size.rounds; round++)
    contestants.forEach((one, index) => {
      const begin = process.cpuUsage()
      const readings = feeds[index].round(round, (shard, block) => {
        one.show(shard, block)
        one.advance(shard, block.time[block.count - 1])
      })
      const { user, system } = process.cpuUsage(begin)
      if (round === 0) return
      runs[index].micros += user + system
      runs[index].readings += readings
    })
  return runs
}

const perSecond = ({ readings, micros }: Run): number => (readings * 1e6) / Math.max(1, micros)

function sequence(size: Size, name: string, firstBelow: number, secondFrom: number): BenchCase {
  const built = pipeline('sequence', { lateness: 0, state: { bytes: 2 ** 30 } }).pattern(
    (p) => p.begin('a', (r) => r.value < firstBelow).followedBy('b', (r) => r.value >= secondFrom),
    { by: 'device', within: '10s' },
  )
  const patterns = new Patterns(built)
  const plain = new PlainSequence(
    (value) => value < firstBelow,
    (value) => value >= secondFrom,
  )
  const [own, other] = race(size, [patterns, plain])
  for (let shard = 0; shard < SHARDS; shard++) patterns.advance(shard, START + 1e9)
  const comparison = { name: 'Map of lists', value: perSecond(other) }
  return benchCase(name, 'readings/s', perSecond(own), comparison, patterns.found - plain.found)
}

function silence(size: Size): BenchCase {
  const beat = (): boolean => true
  const built = pipeline('silence', { lateness: 0, state: { bytes: 2 ** 30 } }).pattern(
    (p) => p.begin('last', beat).notFollowedBy('next', beat, { for: '5m' }),
    { by: 'device' },
  )
  const patterns = new Patterns(built)
  const plain = new PlainSilence(300_000)
  const [own, other] = race({ ...size, rounds: 5 * size.rounds }, [patterns, plain])
  const end = START + 1e9
  for (let shard = 0; shard < SHARDS; shard++) patterns.advance(shard, end)
  plain.advance(0, end)
  const comparison = { name: 'Map of times', value: (other.micros * 1000) / other.readings }
  const value = (own.micros * 1000) / own.readings
  return benchCase(
    'silence: ns per heartbeat (target 10)',
    'ns',
    value,
    comparison,
    patterns.found - plain.found,
  )
}

export async function run(size: Size): Promise<BenchResult> {
  return benchResult([
    sequence(size, 'a → b within 10 s, 2 of 100 readings are one (target 5 M)', 10, 990),
    sequence(size, 'a → b within 10 s, every reading is one', 500, 500),
    silence(size),
  ])
}
