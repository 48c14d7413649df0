import { describe, expect, it } from 'vitest'
import { deviceIdOf } from '../../../src/core/ids.ts'
import { shardOfDevice } from '../../../src/history/scan/shard-of-device.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { pipeline, type VelocityPolicy } from '../../../src/pipelines/builder/pipeline.ts'
import { count, distinct, max, mean, sum } from '../../../src/pipelines/builder/aggregates.ts'
import { session, sliding, tumbling } from '../../../src/pipelines/builder/windows.ts'
import type { PipelineDefinition } from '../../../src/pipelines/definition/definition.ts'
import { NO_ECONOMY } from '../../../src/memory/economies.ts'
import { InlineEngine, type SentReading } from '../../engine/inline-engine.ts'
import { InlineStream, opening } from '../../engine/inline-streams.ts'

const shardOf = (device: string): number => shardOfDevice(deviceIdOf(device))
const counting = (length: number): number[] => Array.from({ length }, (_, i) => i)
const inOrder = (items: readonly unknown[]): string[] => items.map((item) => JSON.stringify(item)).sort()

/** Everything in which order and time matter, by device, and groups over all devices. */
function definitionWith(velocity?: VelocityPolicy): PipelineDefinition {
  const head = pipeline('paced', {
    ...{ metrics: ['value', 'vibration', 'door'], lateness: '1s', idle: '500ms' },
    ...(velocity && { velocity }),
  })
  const aggregate = { n: count(), total: sum(), most: max() }
  return head.ends(
    head.map(({ device, metric, value, time }) => ({ device, metric, value, time })).emit('seen'),
    head
      .custom({
        ...{ by: 'device', initial: () => ({ steps: [] as number[] }) },
        step: (r, state) => {
          state.steps = [...state.steps, r.value].slice(-5)
          return [{ device: r.device, steps: state.steps }]
        },
      })
      .emit('steps'),
    head.window(tumbling('500ms'), { by: 'device', aggregate }).emit('tumbling'),
    head
      .window(sliding('1s', { every: '250ms' }), { by: 'series', aggregate: { t: mean() } })
      .emit('sliding'),
    head
      .window(session('300ms'), { by: 'device', aggregate })
      .late((late) => late.emit('late'))
      .emit('session'),
    head
      .window(tumbling('500ms'), { by: 'all', aggregate: { ...aggregate, devices: distinct('device') } })
      .emit('all'),
  ).definition
}

/** Nothing is late: readings are out of order by less than the lateness. */
const LATE = 'emit-5'
const NODES = ['emit-1', 'emit-2', 'emit-3', 'emit-4', 'emit-5', 'emit-6', 'emit-7']

interface Run {
  readonly engine: InlineEngine
  readonly stream: InlineStream
}

async function start(definition: PipelineDefinition): Promise<Run> {
  let stream: InlineStream | undefined
  const rules = [{ match: 'urgent-*', tier: 'critical' as const }]
  const engine = await InlineEngine.open(
    undefined,
    { rules, metrics: { vibration: {}, door: {} } },
    opening(definition, (opened) => (stream = opened)),
  )
  return { engine, stream: stream! }
}

const DEVICES = counting(20).map((i) => (i % 10 === 0 ? `urgent-${i}` : `d${i}`))

/** A step of virtual time: readings come, two workers work, in turns. */
function step({ engine }: Run, readings: readonly SentReading[], ms: number): void {
  if (readings.length > 0) engine.send(readings)
  engine.route()
  for (let done = 1; done > 0;) done = engine.turn(0) + engine.turn(1)
  engine.clock.ms += ms
}

const nowOf = ({ engine: { clock } }: Run): number => clock.epochMs()

/** What each device sends in a step of 30 ms, by chance: its rate changes every second or so. */
function trafficOf(seed: number) {
  const random = seededRandom(seed)
  const devices = DEVICES.map((name) => ({ name, rate: 0.2 }))
  let value = 0
  return (epochMs: number): SentReading[] =>
    devices.flatMap((device) => {
      if (random() < 0.03) device.rate = [0.02, 0.3, 3][Math.floor(random() * 3)]
      const readings = Math.floor(device.rate + random())
      return counting(readings).map(() => ({
        ...{ device: device.name, metric: ['value', 'vibration', 'door'][Math.floor(random() * 3)] },
        ...{ value: value++, time: epochMs - Math.floor(random() * 900) },
      }))
    })
}

/** What the engine asks for while it is short of workers, something else every few steps. */
function shortageOf(seed: number, { economies }: InlineEngine) {
  const random = seededRandom(seed)
  return (): void => {
    if (random() > 0.2) return
    const tiers = [[1], [2], [3], [1, 2, 3]][Math.floor(random() * 4)]
    const batch = { readings: 2 + Math.floor(random() * 100), delayMs: 1 + Math.floor(random() * 200), tiers }
    economies.write({ ...NO_ECONOMY, batch: random() < 0.3 ? null : batch })
  }
}

async function runWith(
  velocity: VelocityPolicy | undefined,
  seed: number,
  steps: number,
  isShort = false,
): Promise<Run> {
  const run = await start(definitionWith(velocity))
  const traffic = trafficOf(seed)
  const economise = isShort ? shortageOf(seed, run.engine) : () => undefined
  for (let i = 0; i < steps; i++) {
    economise()
    step(run, traffic(nowOf(run)), 30)
  }
  run.engine.economies.write(NO_ECONOMY)
  // the end: everything closes, also where nobody said anything for long
  step(run, [], 110)
  const time = nowOf(run) + 30_000
  for (let i = 0; i < 8; i++)
    step(run, i === 0 ? DEVICES.map((device) => ({ device, value: -1, time })) : [], 110)
  return run
}

describe('velocity', () => {
  it.each([1, 2])('changes no result (seed %i)', async (seed) => {
    const velocity: VelocityPolicy = { fast: 60, slow: 30, batch: { readings: 40, delay: '80ms' } }
    const plain = await runWith(undefined, seed, 120)
    const paced = await runWith(velocity, seed, 120)
    const { toFast, toSlow, batches, batched } = paced.stream.velocity.figures()
    expect(toFast, 'it moves').toBeGreaterThan(5)
    expect(toSlow).toBeGreaterThan(2)
    expect(batched / batches).toBeGreaterThan(4)
    expect(plain.stream.velocity.figures()).toMatchObject({ toFast: 0, batches: 0 })
    for (const node of NODES) {
      const want = inOrder(plain.stream.outcomes.items(node))
      if (node !== LATE) expect(want.length, node).toBeGreaterThan(5)
      expect(inOrder(paced.stream.outcomes.items(node)), node).toEqual(want)
    }
    expect(paced.stream.progress.figures()).toEqual(plain.stream.progress.figures())
  })

  it.each([
    [3, undefined],
    [4, { fast: 60, slow: 30, batch: { readings: 40, delay: '80ms' as const } }],
  ])('changes no result when the engine asks for batches by tier (seed %i)', async (seed, velocity) => {
    const plain = await runWith(undefined, seed, 120)
    const short = await runWith(velocity, seed, 120, true)
    const { batches, batched } = short.stream.velocity.figures()
    expect(batches).toBeGreaterThan(20)
    expect(batched / batches).toBeGreaterThan(2)
    for (const node of NODES)
      expect(inOrder(short.stream.outcomes.items(node)), node).toEqual(
        inOrder(plain.stream.outcomes.items(node)),
      )
  })

  it.each([
    ['of fast devices', { fast: 20, batch: { readings: 64 } }, false],
    ['that the engine asks for', undefined, true],
    ['of both kinds', { fast: 20, batch: { readings: 64 } }, true],
  ])('keeps the order of the readings of a device in batches %s', async (_, velocity, isShort) => {
    const { stream } = await runWith(velocity, 7, 200, isShort)
    const last = new Map<string, number>()
    for (const { device, value } of stream.outcomes.items('emit-1') as { device: string; value: number }[]) {
      if (value >= 0) expect(value).toBeGreaterThan(last.get(device) ?? -1)
      last.set(device, value)
    }
    expect(stream.velocity.figures().batched).toBeGreaterThan(500)
  })

  it('makes a device fast as soon as it is, and slow only well below that', async () => {
    const run = await start(definitionWith({ fast: 100, slow: 50 }))
    const send = (perSecond: number, seconds: number): void => {
      for (let i = 0; i < 100 * seconds; i++)
        step(
          run,
          counting(perSecond / 100).map(() => ({ device: 'a', value: i })),
          10,
        )
    }
    send(200, 1)
    expect(run.stream.moves).toMatchObject([{ device: deviceIdOf('a'), to: 'fast', perSecond: 100 }])
    expect(run.stream.moves[0].atMs).toBeLessThan(1600)
    send(100, 5)
    expect(run.stream.moves).toHaveLength(1)
    for (let i = 0; i < 300; i++) step(run, i % 4 === 0 ? [{ device: 'a', value: i }] : [], 10)
    expect(run.stream.moves.slice(1)).toMatchObject([{ device: deviceIdOf('a'), to: 'slow' }])
    expect(run.stream.moves[1].perSecond).toBeLessThan(50)
  })

  it('goes by what is declared, and never holds a critical device back', async () => {
    const velocity: VelocityPolicy = {
      ...{ fast: 50, metrics: { vibration: 'fast', door: 'slow' } },
      ...{ devices: { always: 'fast', never: 'slow' }, batch: { delay: '1s' } },
    }
    const run = await start(definitionWith(velocity))
    const seen = () => run.stream.outcomes.items('emit-1').length
    const sent: [string, string, boolean][] = [
      ['shaker', 'vibration', true],
      ['always', 'value', true],
      ['never', 'vibration', false],
      ['urgent-1', 'vibration', false],
      ['gate', 'door', false],
    ]
    for (const [device, metric, isHeld] of sent) {
      const before = seen()
      step(run, [{ device, metric, value: 1 }], 1)
      expect(seen(), device).toBe(isHeld ? before : before + 1)
    }
    const before = seen()
    step(
      run,
      counting(200).map((value) => ({ device: 'gate', metric: 'door', value })),
      1,
    )
    step(
      run,
      counting(200).map((value) => ({ device: 'never', value })),
      1,
    )
    expect(seen()).toBe(before + 400)
    // what a device sends besides waits with it
    step(run, [{ device: 'shaker', metric: 'door', value: 2 }], 1)
    expect(seen()).toBe(before + 400)
    for (let i = 0; i < 12; i++) step(run, [], 100)
    expect(seen()).toBe(before + 403)
  })

  it('shows a batch when it is whole or has waited long enough, and lets no window close before', async () => {
    const run = await start(definitionWith({ fast: 10, batch: { readings: 20, delay: '300ms' } }))
    const seen = () => run.stream.outcomes.items('emit-1').length
    const send = (readings: number): void =>
      step(
        run,
        counting(readings).map((value) => ({ device: 'a', value, time: nowOf(run) })),
        1,
      )
    send(10)
    expect(seen()).toBe(9)
    send(18)
    expect(seen()).toBe(9)
    send(1)
    expect(seen()).toBe(29)
    send(5)
    // time goes on far beyond the end of the window, told by another device of the shard
    const other = counting(1000)
      .map((i) => `b${i}`)
      .find((name) => shardOf(name) === shardOf('a'))!
    step(run, [{ device: other, value: 0, time: nowOf(run) + 20_000 }], 100)
    expect(run.stream.outcomes.items('emit-3')).toEqual([])
    for (let i = 0; i < 5; i++) step(run, [], 110)
    expect(seen()).toBe(35)
    expect(run.stream.outcomes.items('emit-3')).toMatchObject([{ device: 'a', n: 34 }])
    expect(run.stream.outcomes.lateRows).toBe(0)
  })

  it('shows what is held when the workers leave', async () => {
    const run = await start(definitionWith({ fast: 1, batch: { delay: '1h' } }))
    step(
      run,
      counting(10).map((value) => ({ device: 'a', value })),
      1,
    )
    expect(run.stream.outcomes.items('emit-1')).toHaveLength(0)
    for (const { agent } of run.engine.workers) agent.close()
    expect(run.stream.outcomes.items('emit-1')).toHaveLength(10)
  })

  it('keeps what is held in a checkpoint', async () => {
    const run = await start(definitionWith({ fast: 1, batch: { delay: '1h' } }))
    step(
      run,
      counting(10).map((value) => ({ device: 'a', value, lat: 1.5, lon: -2.5 })),
      1,
    )
    const from = run.stream.velocity.held(shardOf('a'))
    const other = new InlineStream(definitionWith(), {
      metricName: String,
      metricId: () => 1,
      regionName: String,
      device: () => undefined,
    })
    const to = other.velocity.held(3)
    to.restore(from.capture(), 1)
    expect(to.count).toBe(10)
    expect(to.earliest).toBe(from.earliest)
    expect(to.next()).toEqual({ ...from.next() })
    to.drop(4)
    expect([to.count, to.next().value[0]]).toEqual([6, 4])
  })
})
