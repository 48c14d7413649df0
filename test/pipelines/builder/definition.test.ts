import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { count, max, mean } from '../../../src/pipelines/builder/aggregates.ts'
import { type Duration, durationMs } from '../../../src/pipelines/builder/duration.ts'
import { pipeline } from '../../../src/pipelines/builder/pipeline.ts'
import {
  countWindow,
  globalWindow,
  session,
  sliding,
  tumbling,
} from '../../../src/pipelines/builder/windows.ts'
import { type Fingerprint, fingerprintOf } from '../../../src/pipelines/compiler/fingerprint.ts'

const idsOf = (stage: { definition: { nodes: readonly { id: string; inputs: readonly string[] }[] } }) =>
  Object.fromEntries(stage.definition.nodes.map(({ id, inputs }) => [id, inputs.join('+')]))

describe('a pipeline', () => {
  it('is a definition with what was said and defaults', () => {
    const { definition } = pipeline('p', {
      metrics: ['a'],
      lateness: '1m30s',
      state: { bytes: 2 ** 20 },
      onChange: 'refuse',
    })
      .filter((r) => r.value > 1, { id: 'warm', onError: 'skip' })
      .to({ type: 'console' }, { timeout: '3s' })
    expect(definition).toMatchObject({
      ...{
        millrace: 'pipeline',
        name: 'p',
        version: 1,
        metrics: ['a'],
        time: { latenessMs: 90_000, idleMs: 30_000 },
      },
      state: { bytes: 2 ** 20, whenFull: 'evict-oldest', onChange: 'refuse' },
      nodes: [
        {
          kind: 'filter',
          id: 'warm',
          inputs: ['source'],
          policy: { onError: 'skip', retries: 0, timeoutMs: 10_000 },
        },
        {
          kind: 'sink',
          id: 'sink-1',
          inputs: ['warm'],
          policy: { retries: 5, timeoutMs: 3000 },
          sink: { type: 'console' },
        },
      ],
    })
  })

  it('goes on beside ends, in several ways, and together again', () => {
    const warm = pipeline('p').filter((r) => r.value > 1)
    const both = warm
      .alert('a', { when: (r) => r.value > 5 })
      .branch(
        (way) => way.map((r) => r.value).emit('values'),
        (way) => way.sample(0.5).emit('some'),
      )
      .merge(warm.filter((r) => r.value > 3))
      .emit('all')
    expect(idsOf(both)).toEqual({
      ...{ 'filter-1': 'source', 'alert-1': 'filter-1', 'map-1': 'filter-1', 'emit-1': 'map-1' },
      ...{ 'sample-1': 'filter-1', 'emit-2': 'sample-1', 'filter-2': 'filter-1' },
      ...{ 'merge-1': 'filter-1+filter-2', 'emit-3': 'merge-1' },
    })
    expect(idsOf(warm)).toEqual({ 'filter-1': 'source', 'emit-1': 'filter-1' })
  })

  it('has several ends by name, and late items beside results', () => {
    const p = pipeline('p')
    const window = p.window(tumbling('1m'), { by: 'device', aggregate: { n: count() }, id: 'minutes' })
    const all = p.ends(
      window
        .late((late) => late.emit('late'))
        .filter((w) => w.n > 3)
        .emit('many'),
      p.emit('raw'),
    )
    expect(idsOf(all)).toEqual({
      ...{
        minutes: 'source',
        'late-1': 'minutes',
        'emit-1': 'late-1',
        'filter-1': 'minutes',
        'emit-2': 'filter-1',
      },
      'emit-3': 'source',
    })
    expect(all.definition.nodes.find(({ kind }) => kind === 'late')).toMatchObject({ window: 'minutes' })
  })

  it('takes the key of keyBy where a stage names none', () => {
    const { definition } = pipeline('p')
      .keyBy(['device', 'metric'])
      .deduplicate({ within: '10s' })
      .throttle({ by: 'device', every: 1000 })
      .window(sliding('10s', { every: '5s' }), { aggregate: { n: count() } })
    const series = { by: 'composite', parts: [{ by: 'device' }, { by: 'metric' }] }
    expect(definition.nodes.map((node) => 'key' in node && node.key)).toEqual([
      series,
      { by: 'device' },
      series,
      false,
    ])
  })

  it('says everything that is wrong at once', () => {
    const wrong = pipeline('p', { lateness: -1, version: 0, metrics: ['a'] })
      .window(sliding('1m', { every: '7s' }), {
        by: 'region',
        aggregate: { n: max('speed' as 'value'), start: mean({ metric: 'b' }) },
        early: 'soon' as Duration,
      })
      .alert('', { when: 3 as never, severity: 'bad' as never })
    expect(() => wrong.definition).toThrow(
      expect.objectContaining({
        code: 'pipeline-failed',
        message: expect.stringContaining('the pipeline p is not valid:') as string,
        context: {
          problems: [
            { path: 'version', value: '0', allowed: 'a whole number from 1' },
            { path: 'time.latenessMs', value: '-1', allowed: 'a duration of 0 or more, such as 5m' },
            {
              path: 'window-1.earlyEveryMs',
              value: '"soon"',
              allowed: 'a duration of 0 or more, such as 5m',
            },
            {
              path: 'window-1.window.every',
              value: '7s',
              allowed: expect.stringContaining('1m is a multiple') as string,
            },
            {
              path: 'window-1.aggregates.start',
              value: '"start"',
              allowed: 'other names than start, end, revision, early',
            },
            { path: 'alert-1.rule', value: '""', allowed: 'a text that is not empty' },
            { path: 'alert-1.when', value: '3', allowed: 'a function' },
            { path: 'alert-1.severity', value: '"bad"', allowed: 'low, medium, high, critical' },
          ],
        },
      }) as Error,
    )
  })

  it('can be written as a class', async () => {
    const fluent = pipeline('cold-chain', { metrics: ['temperature'] })
      .filter((r) => r.value > -60)
      .derive('fahrenheit', (r) => r.value * 1.8 + 32)
      .window(tumbling('1m'), { by: 'device', aggregate: { t: mean('fahrenheit') } })
      .alert('too-warm', { when: (w) => w.t > 46, severity: 'high', for: '2m' }).definition
    const program = fileURLToPath(new URL('cold-chain.fixture.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program])
    const byClass = JSON.parse(stdout) as { definition: unknown; fingerprint: Fingerprint }
    expect(byClass.definition).toEqual(JSON.parse(JSON.stringify(fluent)))
    expect(byClass.fingerprint.structure).toBe(fingerprintOf(fluent).structure)
    expect(Object.keys(byClass.fingerprint.functions)).toEqual(Object.keys(fingerprintOf(fluent).functions))
  })
})

describe('a definition that has changed', () => {
  const of = (limit: number, size: Duration) =>
    fingerprintOf(
      pipeline('p')
        .filter(limit === 1 ? (r) => r.value > 1 : (r) => r.value > 2)
        .window(tumbling(size), { by: 'device', aggregate: { n: count() } }).definition,
    )

  it('differs in structure, or in the functions that differ', () => {
    expect(of(1, '1m')).toEqual(of(1, 60_000))
    expect(of(1, '1m').structure).not.toBe(of(1, '2m').structure)
    expect(of(1, '1m').structure).toBe(of(2, '1m').structure)
    expect(of(1, '1m').functions).not.toEqual(of(2, '1m').functions)
    expect(Object.keys(of(1, '1m').functions)).toEqual(['filter-1.test'])
  })
})

describe('durations and windows', () => {
  it.each([
    ['250ms', 250],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['-1m', -60_000],
    ['1d', 86_400_000],
    [7, 7],
    ['', undefined],
    ['5', undefined],
    ['5 m', undefined],
    ['30m1h', undefined],
    [NaN, undefined],
    [null, undefined],
  ])('reads %s', (text, ms) => expect(durationMs(text)).toBe(ms))

  it('are data', () => {
    expect([session('5m'), countWindow(10), globalWindow({ everyCount: 3 })]).toEqual([
      { type: 'session', gapMs: 300_000 },
      { type: 'count', count: 10, every: 10 },
      { type: 'global', everyCount: 3, everyMs: 0 },
    ])
  })
})
