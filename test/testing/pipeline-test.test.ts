import { describe, expect, it } from 'vitest'
import type { PipelineDefinition, StageNode } from '../../src/pipelines/definition/definition.ts'
import { testPipeline } from '../../src/testing/index.ts'

const policy = { onError: 'dead-letter', retries: 0, timeoutMs: 1000 } as const
const value = { input: 'value', metric: undefined } as const

interface Reading {
  readonly metric: string
  readonly value: number
}

const pipelineOf = (...nodes: StageNode[]): PipelineDefinition => ({
  millrace: 'pipeline',
  name: 'tested',
  version: 1,
  metrics: undefined,
  state: { bytes: 8 << 20, whenFull: 'evict-oldest', onChange: 'fresh' },
  time: { latenessMs: 5000, idleMs: 30_000 },
  nodes,
})

const minute: StageNode = {
  ...{ kind: 'window', id: 'window-1', inputs: ['source'], policy, allowedLatenessMs: 0, earlyEveryMs: 0 },
  window: { type: 'tumbling', sizeMs: 60_000, offsetMs: 0 },
  key: { by: 'device' },
  aggregates: { n: { type: 'count', ...value }, mean: { type: 'mean', ...value } },
}

const tooWarm: StageNode = {
  ...{ kind: 'alert', id: 'alert-1', inputs: ['window-1'], policy, rule: 'too-warm', clear: undefined },
  ...{ when: ({ mean }: { mean: number }) => mean > 8, severity: 'high', message: undefined, forMs: 0 },
}

const coldChain = pipelineOf(minute, tooWarm)

describe('testPipeline', () => {
  it('closes windows as virtual time goes on', () => {
    const t = testPipeline(coldChain)
    t.send(
      { device: 'a', metric: 'temperature', value: 7, at: '1s' },
      { device: 'a', metric: 'temperature', value: 11, at: '2s' },
    )
    expect(t.results('window-1')).toEqual([])
    t.advance('5m')
    expect(t.results('window-1')).toMatchObject([{ device: 'a', n: 2, mean: 9, start: t.now - 302_000 }])
    expect(t.alerts).toMatchObject([{ rule: 'too-warm', key: 'a', clear: false, severity: 'high' }])
  })

  it('does not run ahead in a shard that is quiet while others are not', () => {
    const t = testPipeline(coldChain)
    for (let second = 0; second < 1200; second += 10) {
      t.send({ device: 'busy', metric: 'temperature', value: 7, at: `${second}s` })
      if (second % 300 === 0)
        t.send({ device: 'rare', metric: 'temperature', value: 7, at: `${second + 1}s` })
    }
    t.finish()
    expect(t.late).toBe(0)
    expect(t.results<{ device: string }>('window-1').filter(({ device }) => device === 'rare')).toHaveLength(
      4,
    )
  })

  it('closes them at the end of all readings', () => {
    const t = testPipeline({ definition: coldChain }, { start: '2026-06-01T00:00:00Z' })
    t.send([1, 2, 3].map((value) => ({ device: 'b', metric: 'temperature', value })))
    t.finish()
    expect(t.results('window-1')).toMatchObject([
      { device: 'b', n: 3, mean: 2, end: Date.UTC(2026, 5, 1, 0, 1) },
    ])
    expect(t.alerts).toEqual([])
  })

  it('tells groups of all shards when all that are not idle have passed', () => {
    const t = testPipeline(pipelineOf({ ...minute, key: { by: 'region' } }))
    for (let i = 0; i < 100; i++)
      t.send({
        device: `d-${i}`,
        metric: 'temperature',
        value: i,
        at: i * 100 + Date.UTC(2027, 0, 1),
        region: 'north',
      })
    expect(t.results('window-1')).toEqual([])
    t.send({ device: 'd-0', metric: 'temperature', value: 0, at: '70s' }).advance('1m')
    expect(t.results('window-1')).toMatchObject([{ region: 'north', n: 100, mean: 49.5 }])
  })

  it('counts what is late', () => {
    const t = testPipeline(coldChain)
    t.send({ device: 'a', metric: 'temperature', value: 7, at: '2m' })
    t.send({ device: 'a', metric: 'temperature', value: 7, at: '10s' })
    expect(t.late).toBe(1)
  })

  it('keeps what a function threw over', () => {
    const broken: StageNode = {
      ...{ kind: 'map', id: 'map-1', inputs: ['source'], policy },
      compute: ({ value }: Reading) => {
        if (value > 1) throw new Error('too much')
        return { half: value / 2 }
      },
    }
    const t = testPipeline(pipelineOf(broken))
    t.send([1, 2].map((value) => ({ device: 'a', metric: 'x', value })))
    expect(t.results('map-1')).toMatchObject([{ half: 0.5 }])
    expect(t.deadLetters).toMatchObject([
      { stage: 'map-1', cause: expect.stringContaining('too much') as string },
    ])
  })

  it('knows what the registry is said to know', () => {
    const lookup: StageNode = {
      ...{ kind: 'lookup', id: 'lookup-1', inputs: ['source'], policy, as: 'about', mode: 'left' },
      table: { from: 'registry' },
    }
    const t = testPipeline(pipelineOf(lookup)).registry({ a: { tenant: 'acme', attributes: { floor: 3 } } })
    t.send({ device: 'a', metric: 'x', value: 1 })
    expect(t.results('lookup-1')).toMatchObject([
      { about: { name: 'a', tenant: 'acme', attributes: { floor: 3 } } },
    ])
  })

  it('says what results there are when asked for others', () => {
    const t = testPipeline(coldChain)
    expect(() => t.results('window-2')).toThrow('nothing comes out of "window-2"; there are window-1')
    expect(() => t.advance('soon')).toThrow('"soon" is no duration')
    expect(() => testPipeline({})).toThrow('a pipeline is what pipeline(…) makes')
  })
})
