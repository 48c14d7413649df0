/**
 * Readings per second of one core through filter, derive, filter, up to the rows of a window: fused into one loop, beside the
 * same functions called stage by stage through closures over a cursor, as one would first write it, in a process that has a few
 * such pipelines (of a single one V8 makes a loop by itself). Time of the processor, not of the clock on the wall.
 */
import { pipeline } from '../src/pipelines/builder/pipeline.ts'
import { max } from '../src/pipelines/builder/aggregates.ts'
import { SLICE_READINGS } from '../src/core/limits.ts'
import type { Reading } from '../src/pipelines/builder/reading.ts'
import { tumbling } from '../src/pipelines/builder/windows.ts'
import { compilePipeline } from '../src/pipelines/compiler/compile.ts'
import type { FusedOutput } from '../src/pipelines/compiler/compiled-pipeline.ts'
import type { PipelineDefinition } from '../src/pipelines/definition/definition.ts'
import type { Lookup } from '../src/pipelines/definition/outside.ts'
import type { ReadingBlock } from '../src/pipelines/definition/reading-block.ts'
import { type BenchCase, benchCase, type BenchResult, benchResult } from './bench.ts'

interface Size {
  readonly blocks: number
  readonly rounds: number
}

export const sizes: { small: Size; full: Size } = {
  small: { blocks: 20, rounds: 2 },
  full: { blocks: 50_000, rounds: 8 },
}

const lookup: Lookup = {
  ...{
    metricName: () => 'temperature',
    metricId: () => 1,
    regionName: () => 'unassigned',
    device: () => undefined,
  },
}

const KNOWN = pipeline('known')
  .filter((r) => r.value > 10)
  .derive('fahrenheit', (r) => r.value * 1.8 + 32)
  .filter((r) => r.fahrenheit < 180)

/** Hands the reading on, so that the fields it uses can't be told. */
const isWarm = (r: Pick<Reading, 'value'>): boolean => r.value > 10
const UNKNOWN = pipeline('unknown')
  .filter((r) => isWarm(r))
  .derive('fahrenheit', (r) => r.value * 1.8 + 32)
  .filter((r) => r.fahrenheit < 180)

const all = { by: 'all', aggregate: { warmest: max('fahrenheit') } } as const

export async function run({ blocks, rounds }: Size): Promise<BenchResult> {
  for (const chain of chains) fastest(2, blocks / 10, (block) => show(block, chain))
  const plain = fastest(rounds, blocks, stageByStage)
  const name = 'called stage by stage'
  const cases: BenchCase[] = [
    fusedCase('fields known: an object of these', KNOWN.window(tumbling('1s'), all).definition),
    fusedCase('fields not known: a view', UNKNOWN.window(tumbling('1s'), all).definition),
  ]
  function fusedCase(title: string, definition: PipelineDefinition): BenchCase {
    const compiled = compilePipeline(definition, lookup)
    let kept = 0
    const output: FusedOutput = {
      rows: (_, { count }) => void (kept += count),
      matching: () => undefined,
      item: () => undefined,
      error: () => undefined,
    }
    const value = fastest(rounds, blocks, (block) => compiled.run(block, output))
    return benchCase(title, 'readings/s', value, { name, value: plain }, kept / (rounds * blocks))
  }
  return benchResult(cases)
}

/** Readings per second in the best of the rounds. */
function fastest(rounds: number, blocks: number, act: (block: ReadingBlock) => void): number {
  const block = someBlock()
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    const begin = process.cpuUsage().user
    for (let i = 0; i < blocks; i++) act(block)
    best = Math.min(best, process.cpuUsage().user - begin)
  }
  return (SLICE_READINGS * blocks * 1e6) / Math.max(best, 1)
}

function someBlock(): ReadingBlock {
  const doubles = (value: (row: number) => number): Float64Array =>
    Float64Array.from({ length: SLICE_READINGS }, (_, row) => value(row))
  return {
    ...{
      count: SLICE_READINGS,
      device: doubles((row) => row),
      metric: new Uint16Array(SLICE_READINGS).fill(1),
    },
    ...{
      time: doubles((row) => 1e12 + row),
      value: doubles((row) => (row * 7919) % 100),
      lat: doubles(() => 0),
    },
    ...{
      lon: doubles(() => 0),
      region: new Uint8Array(SLICE_READINGS),
      tier: new Uint8Array(SLICE_READINGS),
    },
    score: doubles(() => 0),
  }
}

/** A cursor that each stage is shown, and calls the next one. */
class Cursor {
  block = someBlock()
  row = 0
  fahrenheit = 0
  get value(): number {
    return this.block.value[this.row]
  }
}

type Step = (cursor: Cursor) => void

const rows = {
  row: new Int16Array(SLICE_READINGS),
  time: new Float64Array(SLICE_READINGS),
  warmest: new Float64Array(SLICE_READINGS),
}
let count = 0
const keep: Step = ({ block, row, fahrenheit }) => {
  rows.row[count] = row
  rows.time[count] = block.time[row]
  rows.warmest[count++] = fahrenheit
}
const filter =
  (test: (cursor: Cursor) => boolean, next: Step): Step =>
  (cursor) => {
    if (test(cursor)) next(cursor)
  }
const derive =
  (compute: (cursor: Cursor) => number, next: Step): Step =>
  (cursor) => {
    cursor.fahrenheit = compute(cursor)
    next(cursor)
  }
const chains = [
  filter(
    (r) => r.value > 10,
    derive(
      (r) => r.value * 1.8 + 32,
      filter((r) => r.fahrenheit < 180, keep),
    ),
  ),
  filter(
    (r) => r.value > 20,
    filter((r) => r.value < 30, keep),
  ),
  derive(
    (r) => r.value / 2,
    filter((r) => r.fahrenheit > 4, keep),
  ),
  filter(
    (r) => r.value > 90,
    derive((r) => r.value + 273, keep),
  ),
]
const cursor = new Cursor()

function stageByStage(block: ReadingBlock): void {
  show(block, chains[0])
}

function show(block: ReadingBlock, chain: Step): void {
  cursor.block = block
  count = 0
  for (let row = 0; row < block.count; row++) {
    cursor.row = row
    chain(cursor)
  }
}
