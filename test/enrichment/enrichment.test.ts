import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { backoffMs } from '../../src/enrichment/backoff.ts'
import { Enrichment } from '../../src/enrichment/enrichment.ts'
import type { EnrichmentOptions } from '../../src/enrichment/enrichment-options.ts'
import type { EnrichNode } from '../../src/pipelines/definition/definition.ts'
import type { Origin, PipelineDeadLetter } from '../../src/pipelines/definition/outside.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'

interface Item {
  readonly n: number
}

const origin = (n: number, device = n): Origin => ({
  ...{ time: n, device, metric: 1, region: 0, tier: 0, id: `r${n}` },
})

/** Lets promises go on until none has anything to do. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

type Options = Partial<Omit<EnrichmentOptions, 'node'>> & {
  readonly node?: Partial<EnrichNode>
  readonly retries?: number
  readonly onError?: 'dead-letter' | 'skip'
}

function stageWith(enrich: (item: Item, signal: AbortSignal) => Promise<unknown>, options: Options = {}) {
  const items: unknown[] = []
  const letters: PipelineDeadLetter[] = []
  const clock = new VirtualClock()
  const { node, retries = 0, onError = 'dead-letter', ...rest } = options
  const stage = new Enrichment({
    ...{ queueItems: 100, whenFull: 'refuse-new', backoff: { firstMs: 100, maxMs: 1000 } },
    keyOf: (_item, { device }) => device,
    ...{ clock, random: () => 0.999_999 },
    onItem: (item) => void items.push(item),
    onDeadLetter: (letter) => void letters.push(letter),
    ...rest,
    node: {
      ...{ id: 'enrich-1', enrich, as: 'extra', concurrency: 4, fallback: undefined },
      policy: { onError, retries, timeoutMs: 1000 },
      ...node,
    },
  })
  const pass = async (ms: number): Promise<void> => {
    await settle()
    clock.advance(ms)
    await settle()
  }
  return {
    stage,
    items,
    letters,
    clock,
    pass,
    push: (n: number, device?: number) => stage.push({ n }, origin(n, device)),
  }
}

/** Calls that are answered by hand. */
function held() {
  const calls: {
    n: number
    signal: AbortSignal
    resolve: (value: unknown) => void
    reject: (error: Error) => void
  }[] = []
  const enrich = ({ n }: Item, signal: AbortSignal): Promise<unknown> =>
    new Promise((resolve, reject) => calls.push({ n, signal, resolve, reject }))
  return { calls, enrich }
}

describe('Enrichment', () => {
  it('puts the answer into a field of a copy', async () => {
    const { stage, items, push, pass } = stageWith(async ({ n }) => 2 * n)
    push(3)
    await pass(0)
    expect(items).toEqual([{ n: 3, extra: 6 }])
    expect(stage.figures).toMatchObject({ items: 0, running: 0, enriched: 1, failed: 0 })
    await stage.whenIdle()
  })

  it('runs so many tries at once and no more', async () => {
    const { calls, enrich } = held()
    const { stage, push, pass } = stageWith(enrich, { node: { concurrency: 2 } })
    for (let n = 0; n < 5; n++) push(n)
    expect(stage.figures).toMatchObject({ items: 5, waiting: 3, running: 2 })
    calls[1].resolve('b')
    await pass(0)
    expect(calls.map(({ n }) => n)).toEqual([0, 1, 2])
    expect(stage.figures).toMatchObject({ items: 4, waiting: 2, running: 2 })
  })

  it('gives the items of a key in their order, whichever is answered first', async () => {
    const { calls, enrich } = held()
    const { items, push, pass } = stageWith(enrich, { node: { concurrency: 10 } })
    for (const [n, device] of [
      [0, 1],
      [1, 2],
      [2, 1],
      [3, 1],
      [4, 2],
    ])
      push(n, device)
    for (const n of [3, 4, 2]) calls[n].resolve(n)
    await pass(0)
    expect(items).toEqual([])
    calls[1].resolve(1)
    await pass(0)
    expect(items).toMatchObject([{ n: 1 }, { n: 4 }])
    calls[0].reject(new Error('no'))
    await pass(0)
    expect(items.slice(2)).toMatchObject([{ n: 2 }, { n: 3 }])
  })

  it('tries again after pauses that double, and then gives up', async () => {
    const times: number[] = []
    const { stage, letters, clock, push, pass } = stageWith(
      async () => {
        times.push(Math.round(clock.nowMs()))
        throw new TypeError('no such host')
      },
      { retries: 5 },
    )
    push(1)
    for (let i = 0; i < 400; i++) await pass(10)
    expect(times).toEqual([0, 100, 300, 700, 1500, 2500])
    expect(letters).toEqual([
      { node: 'enrich-1', cause: 'TypeError: no such host', item: { n: 1 }, origin: origin(1) },
    ])
    expect(stage.figures).toMatchObject({ items: 0, pausing: 0, retries: 5, failed: 1, enriched: 0 })
  })

  it('does other items while one pauses', async () => {
    const failing = new Set([1])
    const { items, push, pass } = stageWith(
      async ({ n }) => {
        if (failing.delete(n)) throw new Error('once')
        return n
      },
      { node: { concurrency: 1 }, retries: 1 },
    )
    for (const n of [1, 2, 3]) push(n)
    await pass(0)
    expect(items).toMatchObject([{ n: 2 }, { n: 3 }])
    await pass(100)
    expect(items).toMatchObject([{ n: 2 }, { n: 3 }, { n: 1 }])
  })

  it('ends a try that takes too long, whether it listens or not', async () => {
    const { calls, enrich } = held()
    const { stage, letters, push, pass } = stageWith(enrich, { node: { concurrency: 1 } })
    push(1)
    push(2)
    await pass(999)
    expect(calls).toHaveLength(1)
    expect(calls[0].signal.aborted).toBe(false)
    await pass(1)
    expect((calls[0].signal.reason as Error).name).toBe('TimeoutError')
    expect(letters).toMatchObject([{ cause: 'no answer within 1000 ms', item: { n: 1 } }])
    expect(calls).toHaveLength(2)
    calls[0].resolve('late')
    calls[1].resolve('in time')
    await pass(5000)
    expect(stage.figures).toMatchObject({ items: 0, timeouts: 1, enriched: 1, failed: 1 })
  })

  it('answers with the fallback when all tries have failed', async () => {
    const fallback = ({ n }: Item): unknown => {
      if (n === 2) throw new Error('neither')
      return 'unknown'
    }
    const enrich = (): Promise<unknown> => {
      throw new Error('at once')
    }
    const { stage, items, letters, push, pass } = stageWith(enrich, { node: { fallback } })
    push(1)
    push(2)
    await pass(0)
    expect(items).toEqual([{ n: 1, extra: 'unknown' }])
    expect(letters).toMatchObject([{ cause: 'Error: at once; its fallback: Error: neither', item: { n: 2 } }])
    expect(stage.figures).toMatchObject({ fallbacks: 1, failed: 1 })
  })

  it('only counts what failed when the policy says so', async () => {
    const { stage, letters, push, pass } = stageWith(() => Promise.reject(new Error('no')), {
      onError: 'skip',
    })
    push(1)
    await pass(0)
    expect([letters, stage.figures.failed]).toEqual([[], 1])
  })

  it('can not add a field to what has none', async () => {
    const { stage, letters, pass } = stageWith(async () => 1)
    stage.push(5, origin(1))
    await pass(0)
    expect(letters).toMatchObject([
      { cause: 'the item is no object, it can\'t have a field "extra"', item: 5 },
    ])
  })

  it('refuses the new item when it is full', async () => {
    const { calls, enrich } = held()
    const { stage, items, letters, push, pass } = stageWith(enrich, { queueItems: 2 })
    for (const n of [1, 2]) push(n)
    expect(stage.hasRoom).toBe(false)
    push(3)
    expect(letters).toMatchObject([{ cause: 'the queue is full', item: { n: 3 } }])
    calls[0].resolve(1)
    await pass(0)
    push(4)
    expect([items.length, stage.figures.refused, stage.figures.items]).toEqual([1, 1, 2])
  })

  it('or the one that waits longest, never one that is being tried, also when its key holds it back', async () => {
    const { calls, enrich } = held()
    const { stage, items, letters, push, pass } = stageWith(enrich, {
      ...{ queueItems: 3, whenFull: 'evict-oldest', node: { concurrency: 1 } },
    })
    for (const n of [1, 2, 3, 4]) push(n, 7)
    expect(letters).toMatchObject([{ cause: 'the queue is full', item: { n: 2 } }])
    expect(stage.figures).toMatchObject({ items: 3, refused: 1 })
    for (let i = 0; i < 3; i++) {
      calls[i].resolve(i)
      await pass(0)
    }
    expect(items).toMatchObject([{ n: 1 }, { n: 3 }, { n: 4 }])
    const full = stageWith(enrich, { queueItems: 1, whenFull: 'evict-oldest' })
    full.push(1)
    full.push(2)
    expect(full.letters).toMatchObject([{ item: { n: 2 } }])
  })

  it('gives what is left where the policy says when it is closed', async () => {
    const { calls, enrich } = held()
    const { stage, items, letters, push, pass } = stageWith(enrich, { node: { concurrency: 2 }, retries: 1 })
    for (const n of [1, 2, 3]) push(n)
    calls[0].reject(new Error('pauses now'))
    await pass(0)
    const idle = stage.whenIdle()
    stage.close()
    await idle
    push(4)
    expect(calls.every(({ n, signal }) => signal.aborted || n === 1)).toBe(true)
    for (const { resolve } of calls) resolve('late')
    await pass(5000)
    expect(letters.map(({ item }) => (item as Item).n).sort()).toEqual([1, 2, 3, 4])
    expect([items, stage.figures.items, stage.hasRoom]).toEqual([[], 0, false])
  })

  for (let seed = 1; seed <= 20; seed++) {
    it(`accounts for every item and keeps the order of keys, whatever happens (seed ${seed})`, async () => {
      const random = seededRandom(seed)
      const holder: { clock?: VirtualClock } = {}
      const enrich = ({ n }: Item): Promise<unknown> => {
        const ms = random() * 1500
        const isFailure = random() < 0.3
        return new Promise((resolve, reject) => {
          holder.clock?.after(ms, () => (isFailure ? reject(new Error('no')) : resolve(n)))
        })
      }
      const { stage, items, letters, clock, pass } = stageWith(enrich, {
        ...{
          queueItems: 10,
          whenFull: seed % 2 === 0 ? 'evict-oldest' : 'refuse-new',
          retries: seed % 3,
          random,
        },
        node: { concurrency: 1 + (seed % 5) },
      })
      holder.clock = clock
      for (let n = 0; n < 200; n++) {
        stage.push({ n, device: n % 7 }, origin(n, n % 7))
        expect(stage.figures.items).toBeLessThanOrEqual(10)
        expect(stage.figures.running).toBeLessThanOrEqual(1 + (seed % 5))
        if (random() < 0.8) await pass(random() * 1000)
      }
      for (let i = 0; i < 200; i++) await pass(200)
      await stage.whenIdle()
      const done = items as { n: number; device: number; extra: number }[]
      const all = [...done.map(({ n }) => n), ...letters.map(({ item }) => (item as Item).n)]
      expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n))
      for (let device = 0; device < 7; device++) {
        const ofKey = done.filter((item) => item.device === device).map(({ n }) => n)
        expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b))
      }
      const { enriched, failed } = stage.figures
      expect([enriched, failed]).toEqual([done.length, letters.length])
    })
  }
})

describe('backoffMs', () => {
  it('doubles up to a bound, and is at least half of it', () => {
    const backoff = { firstMs: 100, maxMs: 1000 }
    expect([1, 2, 3, 4, 5, 5000].map((n) => backoffMs(backoff, n, () => 0))).toEqual([
      50, 100, 200, 400, 500, 500,
    ])
    expect(backoffMs(backoff, 1, () => 0.5)).toBe(75)
  })
})
