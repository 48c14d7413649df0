/**
 * A stage in one shard's state as the runtime has it: items in slices, each a transaction that may fail halfway and be
 * tried again, by the same worker (rolled back) or by another (the first one died: nobody rolled back).
 */
import { seededRandom, type Random } from '../../../src/core/random.ts'
import type { Origin } from '../../../src/pipelines/definition/outside.ts'
import type { KeyOf } from '../../../src/pipelines/operators/state-key.ts'
import type { Emit, Envelope, ShardScope } from '../../../src/pipelines/runtime/operator.ts'
import { PipelineState } from '../../../src/pipelines/state/pipeline-state.ts'
import type { WhenFull } from '../../../src/pipelines/state/shard-state.ts'

export const SHARD = 3
const LAYOUT = 'test'

export const ORIGIN: Origin = { time: 0, device: 1, metric: 1, region: 0, tier: 2, id: 'r0' }

export const envelope = (item: unknown, origin: Partial<Origin> = {}): Envelope => ({
  item,
  origin: { ...ORIGIN, ...origin },
})

/** By the item's `key`, a whole number. */
export const byKey: KeyOf = ({ item }) => {
  const { key } = item as { readonly key: number }
  return { low: key, high: key % 2 }
}

/** What a test drives a stage through; `push` says which input an item is for. */
export interface Driven {
  push(input: number, envelope: Envelope, scope: ShardScope, out: Emit): void
  advance(scope: ShardScope, out: Emit): void
}

export interface Step {
  readonly input: number
  readonly envelope: Envelope
}

export interface Slice {
  readonly steps: readonly Step[]
  /** While its items come. */
  readonly watermark: number
  /** Behind it. */
  readonly next: number
  readonly advances: boolean
}

export interface StreamShape {
  readonly slices: number
  readonly keys: number
  readonly inputs: number
  /** How far items may be behind. More than `latenessMs`: some are late. */
  readonly disorderMs: number
  readonly latenessMs: number
  readonly item: (key: number, random: Random) => unknown
}

/** Items of random keys and times, some of them twice, in slices of random length. */
export function randomSlices(seed: number, shape: StreamShape): Slice[] {
  const random = seededRandom(seed)
  const upTo = (most: number): number => Math.floor(random() * (most + 1))
  const slices: Slice[] = []
  let now = 1_000_000
  let watermark = -Infinity
  let count = 0
  let latest = -Infinity
  for (let slice = 0; slice < shape.slices; slice++) {
    const steps: Step[] = []
    for (let left = upTo(20); left > 0; left--) {
      now += random() < 0.05 ? upTo(500) : upTo(10)
      const time = now - (random() < 0.4 ? upTo(shape.disorderMs) : 0)
      latest = Math.max(latest, time)
      const item = shape.item(upTo(shape.keys - 1), random)
      const step = { input: upTo(shape.inputs - 1), envelope: envelope(item, { time, id: `r${count++}` }) }
      steps.push(step)
      if (random() < 0.1) steps.push(step)
    }
    const next = Math.max(watermark, latest - shape.latenessMs)
    slices.push({ steps, watermark, next, advances: random() < 0.7 })
    watermark = next
  }
  return slices
}

interface Room {
  readonly bytes: number
  readonly whenFull: WhenFull
}

/** Everything that was told or given, by slices that were done; errors as `error: message`. */
export type Told = (what: unknown) => void

/**
 * Runs a stage over the slices; each is tried up to three times, broken off at a random place. `make` makes the stage anew
 * whenever a worker "died"; what it tells counts only when its slice is done.
 */
export function runBroken(
  seed: number,
  slices: readonly Slice[],
  make: (tell: Told) => Driven,
  { bytes = 64 * 1024 * 1024, whenFull = 'evict-oldest' }: Partial<Room> = {},
): unknown[] {
  const random = seededRandom(seed)
  const told: unknown[] = []
  let open: unknown[] = []
  const tell: Told = (what) => void open.push(structuredClone(what))
  let memory = PipelineState.reserve({ bytes, whenFull, layout: LAYOUT })
  let stage = make(tell)
  for (const slice of slices) {
    for (let tries = 0; tries < 2 && random() < 0.4; tries++) {
      runSlice(memory, stage, slice, tell, Math.floor(random() * (slice.steps.length + 1)))
      open = []
      if (random() < 0.5) memory.part(SHARD).rollback()
      else {
        memory = PipelineState.open(memory.buffer, { whenFull, layout: LAYOUT })
        stage = make(tell)
      }
    }
    runSlice(memory, stage, slice, tell)
    memory.part(SHARD).commit()
    told.push(...open)
    open = []
  }
  return told
}

function runSlice(memory: PipelineState, stage: Driven, slice: Slice, tell: Told, stopAt = Infinity): void {
  const state = memory.part(SHARD)
  state.begin()
  const out: Emit = ({ item, origin }) => tell({ item, origin })
  const scope = { shard: SHARD, state, watermark: slice.watermark }
  for (const [index, { input, envelope }] of slice.steps.entries()) {
    if (index === stopAt) return
    try {
      stage.push(input, envelope, scope, out)
    } catch (error) {
      tell(`error: ${(error as Error).message}`)
    }
  }
  if (slice.advances) stage.advance({ ...scope, watermark: slice.next }, out)
}

/** The same without any state but a model's own. */
export function runModel(slices: readonly Slice[], make: (tell: Told) => ModelStage): unknown[] {
  const told: unknown[] = []
  const model = make((what) => void told.push(structuredClone(what)))
  for (const slice of slices) {
    for (const { input, envelope } of slice.steps) model.push(input, envelope, slice.watermark)
    if (slice.advances) model.advance?.(slice.next)
  }
  return told
}

export interface ModelStage {
  push(input: number, envelope: Envelope, watermark: number): void
  advance?(watermark: number): void
}

/** For a stage with one input. */
export const driven = (stage: {
  push(envelope: Envelope, scope: ShardScope, out: Emit): void
  advance?(scope: ShardScope, out: Emit): boolean | void
}): Driven => ({
  push: (_input, envelope, scope, out) => stage.push(envelope, scope, out),
  advance: (scope, out) => void stage.advance?.(scope, out),
})

/** One shard's scope, in an open transaction. */
export function oneScope(watermark = -Infinity, bytes = 64 * 1024 * 1024): ShardScope {
  const state = PipelineState.reserve({ bytes, whenFull: 'evict-oldest', layout: LAYOUT }).part(SHARD)
  state.begin()
  return { shard: SHARD, state, watermark }
}

/** Items that a stage gives for one. */
export function given(
  stage: { push(envelope: Envelope, scope: ShardScope, out: Emit): void },
  item: Envelope,
  scope: ShardScope,
): Envelope[] {
  const out: Envelope[] = []
  stage.push(item, scope, (envelope) => void out.push(envelope))
  return out
}
