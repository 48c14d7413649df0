/**
 * A pattern in a pipeline as a worker has it: slices of readings, a watermark behind them, and now and then a slice or a step
 * of time that is broken off and tried again, a worker that takes over, and a state that is brought back from a checkpoint.
 */
import type { Random } from '../../../src/core/random.ts'
import { compilePipeline } from '../../../src/pipelines/compiler/compile.ts'
import type { PatternNode, PipelineDefinition } from '../../../src/pipelines/definition/definition.ts'
import type { Origin, Outlet } from '../../../src/pipelines/definition/outside.ts'
import { OnlyThread } from '../../../src/pipelines/runtime/combined-door.ts'
import { PipelineRuntime } from '../../../src/pipelines/runtime/pipeline-runtime.ts'
import { UNGUARDED } from '../../../src/pipelines/runtime/result-guard.ts'
import { PipelineState } from '../../../src/pipelines/state/pipeline-state.ts'
import { blockOf, lookup, type Row } from '../compiler/rig.ts'

export const LATENESS_MS = 100
const POLICY = { onError: 'dead-letter', retries: 0, timeoutMs: 1000 } as const
export const SHARD = 3

export interface Given {
  readonly node: string
  readonly item: Readonly<Record<string, unknown>>
  readonly origin: Origin
}

export function definitionOf(
  pattern: Partial<PatternNode>,
  bytes = 8 * 2 ** 20,
  before: PipelineDefinition['nodes'] = [],
): PipelineDefinition {
  const input = before.at(-1)?.id ?? 'source'
  return {
    ...{ millrace: 'pipeline', name: 'p', version: 1, metrics: undefined },
    state: { bytes, whenFull: 'evict-oldest', onChange: 'fresh' },
    time: { latenessMs: LATENESS_MS, idleMs: 30_000 },
    nodes: [
      ...before,
      {
        ...{ kind: 'pattern', id: 'pattern', inputs: [input], policy: POLICY, key: { by: 'device' } },
        ...{ skip: { to: 'no-skip' }, partials: { most: 10_000, whenFull: 'drop-oldest' } },
        ...{ steps: [], withinMs: 1000, ...pattern },
      },
      { kind: 'timed-out', id: 'out', inputs: ['pattern'], policy: POLICY, pattern: 'pattern' },
      { kind: 'emit', id: 'matches', inputs: ['pattern'], policy: POLICY, topic: 'matches' },
      { kind: 'emit', id: 'partials', inputs: ['out'], policy: POLICY, topic: 'partials' },
    ],
  }
}

/** Keeps what was said when it is on its way, once by its id; fails now and then. */
class Told implements Outlet {
  readonly given: Given[] = []
  readonly letters: string[] = []
  late = 0
  readonly #ids = new Set<string>()
  readonly #fails: () => boolean
  #open: Given[] = []

  constructor(fails: () => boolean) {
    this.#fails = fails
  }

  item(node: string, item: unknown, origin: Origin): void {
    this.#open.push({ node, item: structuredClone(item) as Given['item'], origin })
  }

  flush(): void {
    const open = this.#open
    this.#open = []
    if (this.#fails()) throw new Error('broken off')
    for (const one of open) {
      if (this.#ids.has(one.origin.id)) continue
      this.#ids.add(one.origin.id)
      this.given.push(one)
    }
  }

  alert(): void {}
  reading(): void {}
  deadLetter({ cause }: { readonly cause: string }): void {
    this.letters.push(cause)
  }
}

export interface Ran {
  readonly given: readonly Given[]
  readonly letters: readonly string[]
  readonly late: number
  readonly state: PipelineState
}

/** Shows the rows, in their order, to the pipeline; then lets all time pass. */
export function runPattern(
  definition: PipelineDefinition,
  rows: readonly Row[],
  random?: Random,
  replacement = definition,
): Ran {
  const chance = (share: number): boolean => random !== undefined && random() < share
  const told = new Told(() => chance(0.05))
  const compiled = compilePipeline(definition, lookup)
  const layout = compiled.fingerprint.structure
  const { bytes, whenFull } = definition.state
  let state = PipelineState.reserve({ bytes, whenFull, layout })
  let current = definition
  let late = 0
  const counts = { shown: () => {}, failed: () => {}, results: () => {}, late: (n: number) => (late += n) }
  const open = (): PipelineRuntime =>
    new PipelineRuntime({
      ...{ compiled: compilePipeline(current, lookup), state, lookup, outlet: told, counts },
      ...{ door: new OnlyThread(), references: () => undefined as never, guard: UNGUARDED },
    })
  let stream = open()
  const insist = (act: () => void): void => {
    for (;;) {
      try {
        const before = late
        try {
          return act()
        } catch (error) {
          late = before
          throw error
        }
      } catch (error) {
        if ((error as Error).message !== 'broken off') throw error
        if (chance(0.5)) takeOver()
      }
    }
  }
  const takeOver = (): void => {
    state = PipelineState.open(state.buffer, { whenFull, layout })
    stream = open()
  }
  const comeBack = (): void => {
    const part = state.snapshot(SHARD)
    state = PipelineState.reserve({ bytes, whenFull, layout })
    if (!state.restore(SHARD, part)) throw new Error('the state does not fit')
    stream = open()
  }
  let watermark = -Infinity
  let latest = -Infinity
  for (let from = 0; from < rows.length;) {
    const slice = rows.slice(from, from + 1 + Math.floor((random?.() ?? 1) * 30))
    from += slice.length
    insist(() => stream.process(SHARD, blockOf(slice), watermark))
    latest = Math.max(latest, ...slice.map(({ time = 0 }) => time))
    if (replacement !== current) {
      current = replacement
      takeOver()
    }
    if (chance(0.3)) continue
    watermark = Math.max(watermark, latest - LATENESS_MS)
    insist(() => stream.advance(SHARD, watermark))
    if (chance(0.1)) takeOver()
    if (chance(0.1)) comeBack()
  }
  insist(() => stream.advance(SHARD, latest + 1_000_000))
  return { given: told.given, letters: told.letters, late, state }
}
