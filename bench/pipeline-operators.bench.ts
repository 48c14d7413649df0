/**
 * Items per second through the stages that keep state per key, each beside the plain way with a Map, which keeps nothing
 * over a worker's death, and forgets nothing. Run: `npm run bench -- pipeline-operators`.
 */
import { Custom } from '../src/pipelines/operators/custom.ts'
import { Deduplicate } from '../src/pipelines/operators/deduplicate.ts'
import { IntervalJoin } from '../src/pipelines/operators/interval-join.ts'
import { Throttle } from '../src/pipelines/operators/throttle.ts'
import type { KeyOf } from '../src/pipelines/operators/state-key.ts'
import type { Envelope, Operator, ShardScope } from '../src/pipelines/runtime/operator.ts'
import { PipelineState } from '../src/pipelines/state/pipeline-state.ts'
import { type BenchCase, benchCase, type BenchResult, benchResult, timed } from './bench.ts'

interface Size {
  readonly items: number
  readonly keys: number
}

export const sizes = { small: { items: 5_000, keys: 100 }, full: { items: 400_000, keys: 10_000 } }

interface Item {
  readonly key: number
  readonly value: number
}

/** Items in a slice, as the engine shows them. */
const SLICE = 256
const BYTES = 2 ** 31
const EVERY_MS = 1000
const COUNT = 3

const keyOf: KeyOf = ({ item }) => ({ low: (item as Item).key, high: 0 })

/** The keys in turn, a millisecond apart, each item twice. */
function stream({ items, keys }: Size): Envelope[] {
  return Array.from({ length: items }, (_, i) => ({
    item: { key: (i >>> 1) % keys, value: i % 100 },
    origin: { time: i >>> 1, device: 1, metric: 1, region: 0, tier: 0, id: `r${i}` },
  }))
}

/** Passes; what came out is counted. */
type Plain = (envelope: Envelope) => number

interface Subject {
  readonly name: string
  /** The stage's inputs, which take turns. */
  readonly inputs: readonly Operator[]
  readonly advance: (scope: ShardScope) => void
  readonly plain: Plain
}

const single = (
  name: string,
  stage: Operator & { advance(scope: ShardScope): void },
  plain: Plain,
): Subject => ({ name, inputs: [stage], advance: (scope) => stage.advance(scope), plain })

function deduplicate(): Subject {
  const times = new Map<number, number>()
  return single('deduplicate', new Deduplicate({ withinMs: EVERY_MS }, keyOf, 0), ({ item, origin }) => {
    const { key } = item as Item
    if (origin.time - (times.get(key) ?? -Infinity) <= EVERY_MS) return 0
    times.set(key, origin.time)
    return 1
  })
}

function throttle(): Subject {
  const counts = new Map<number, { start: number; count: number }>()
  const stage = new Throttle({ count: COUNT, everyMs: EVERY_MS }, keyOf, 0)
  return single('throttle', stage, ({ item, origin }) => {
    const { key } = item as Item
    const start = Math.floor(origin.time / EVERY_MS)
    let entry = counts.get(key)
    if (entry?.start !== start) counts.set(key, (entry = { start, count: 0 }))
    if (entry.count >= COUNT) return 0
    entry.count++
    return 1
  })
}

function custom(): Subject {
  const states = new Map<number, { n: number; sum: number }>()
  const step = ({ value }: Item, state: { n: number; sum: number }): unknown[] => {
    state.n++
    state.sum += value
    return state.n % 2 === 0 ? [state.sum] : []
  }
  const stage = new Custom({ initial: () => ({ n: 0, sum: 0 }), step }, keyOf, 0)
  return single('custom', stage, ({ item }) => {
    const { key } = item as Item
    let state = states.get(key)
    if (state === undefined) states.set(key, (state = { n: 0, sum: 0 }))
    return step(item as Item, state).length
  })
}

function intervalJoin(): Subject {
  const sides = [new Map<number, Envelope[]>(), new Map<number, Envelope[]>()]
  const join = (left: Item, right: Item): unknown => ({ left: left.value, right: right.value })
  const stage = new IntervalJoin({ afterMs: -10, untilMs: 10, join }, { left: keyOf, right: keyOf }, 0)
  let turn = 0
  const plain: Plain = (envelope) => {
    const { key } = envelope.item as Item
    const { time } = envelope.origin
    const [own, other] = turn++ % 2 === 0 ? sides : [sides[1], sides[0]]
    own.set(key, [...(own.get(key) ?? []).filter(({ origin }) => time - origin.time <= 10), envelope])
    const met = (other.get(key) ?? []).filter(({ origin }) => Math.abs(time - origin.time) <= 10)
    return met.map(({ item }) => join(envelope.item as Item, item as Item)).length
  }
  return { name: 'interval join', inputs: stage.inputs, advance: (scope) => stage.advance(scope), plain }
}

function measure({ name, inputs, advance, plain }: Subject, items: readonly Envelope[]): BenchCase {
  const state = PipelineState.reserve({ bytes: BYTES, whenFull: 'evict-oldest', layout: name }).part(0)
  let given = 0
  const count = (): void => void given++
  const ms = timed(() => {
    for (let begin = 0; begin < items.length; begin += SLICE) {
      const slice = items.slice(begin, begin + SLICE)
      const scope = { shard: 0, state, watermark: slice[0].origin.time }
      state.begin()
      for (const [i, envelope] of slice.entries()) inputs[i % inputs.length].push(envelope, scope, count)
      advance(scope)
      state.commit()
    }
  })
  let givenPlainly = 0
  const plainMs = timed(() => {
    for (const envelope of items) givenPlainly += plain(envelope)
  })
  if (given !== givenPlainly) throw new Error(`${name}: ${given} items, plainly ${givenPlainly}`)
  const perSecond = (took: number): number => (items.length / took) * 1000
  return benchCase(name, 'items/s', perSecond(ms), { name: 'a Map', value: perSecond(plainMs) }, given)
}

export async function run(size: Size): Promise<BenchResult> {
  const items = stream(size)
  return benchResult(
    [deduplicate(), throttle(), custom(), intervalJoin()].map((subject) => measure(subject, items)),
  )
}
