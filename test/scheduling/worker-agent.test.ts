import { describe, expect, it } from 'vitest'
import { deviceIdOf } from '../../src/core/ids.ts'
import { TIERS, type Tier } from '../../src/core/tiers.ts'
import { observeCursor, publishCursor } from '../../src/memory/atomics.ts'
import * as A from '../../src/memory/layout/control.layout.ts'
import * as L from '../../src/memory/layout/lanes.layout.ts'
import { placeOf } from '../../src/memory/memory-plan.ts'
import type { PipelineModule } from '../../src/pipelines/pipeline-module.ts'
import { NO_ECONOMY } from '../../src/memory/economies.ts'
import { InlineEngine, type SentReading } from '../engine/inline-engine.ts'

const counting = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i)
const RULES = TIERS.map((tier) => ({ match: `${tier}-*`, tier }))

const readings = (device: string, count: number, from = 0): SentReading[] =>
  counting(count, from).map((value) => ({ device, value }))

/** Of each tier so many devices that no shard is without them. */
const ofTier = (tier: Tier, each: number, devices = 40): SentReading[] =>
  counting(devices).flatMap((i) => readings(`${tier}-${i}`, each))

interface Seen {
  readonly tier: Tier
  readonly values: readonly number[]
}

/** Notes what each call was shown; `meanwhile` happens before a call returns. */
function recorder(seen: Seen[], meanwhile: (call: number) => void = () => undefined): PipelineModule {
  return {
    name: 'recorder',
    onReadings(batch) {
      const values: number[] = []
      let tier: Tier = 'critical'
      while (batch.next()) {
        values.push(batch.value)
        tier = batch.tier
      }
      seen.push({ tier, values })
      meanwhile(seen.length)
    },
  }
}

const share = (seen: readonly Seen[], tier: Tier): number =>
  seen.reduce((sum, call) => sum + (call.tier === tier ? call.values.length : 0), 0)

describe('WorkerAgent', () => {
  it('serves critical readings first, whatever waits', async () => {
    const seen: Seen[] = []
    const engine = await InlineEngine.open(recorder(seen), { rules: RULES })
    for (const tier of ['bulk', 'standard', 'premium', 'critical'] as const) engine.send(ofTier(tier, 5))
    engine.route()
    while (share(seen, 'critical') < 200) engine.turn()
    expect(seen.every(({ tier }) => tier === 'critical')).toBe(true)
    engine.workOff()
    for (const tier of TIERS) expect(share(seen, tier)).toBe(200)
  })

  it('serves the others by their shares while all have work, and leaves nobody out', async () => {
    const seen: Seen[] = []
    const shares = { premium: 50, standard: 30, bulk: 20 }
    const engine = await InlineEngine.open(recorder(seen), { rules: RULES, tiers: { shares } })
    for (let i = 0; i < 20; i++)
      for (const tier of ['bulk', 'standard', 'premium'] as const) {
        engine.send(ofTier(tier, 40))
        engine.route()
      }
    while (seen.reduce((sum, { values }) => sum + values.length, 0) < 16_000) engine.turn()
    const all = share(seen, 'premium') + share(seen, 'standard') + share(seen, 'bulk')
    for (const [tier, percent] of Object.entries(shares) as [Tier, number][]) {
      expect(share(seen, tier) / all).toBeGreaterThan(percent / 100 - 0.06)
      expect(share(seen, tier) / all).toBeLessThan(percent / 100 + 0.06)
    }
  })

  it('gives way to critical readings between two slices, and goes on where it stood', async () => {
    const seen: Seen[] = []
    const engine: InlineEngine = await InlineEngine.open(
      recorder(seen, (call) => {
        if (call !== 1) return
        engine.send(readings('critical-1', 1))
        engine.route()
      }),
      { rules: RULES },
    )
    engine.send(readings('bulk-1', 1000))
    engine.route()
    engine.workOff()
    expect(seen.map(({ tier }) => tier)).toEqual(['bulk', 'critical', 'bulk', 'bulk', 'bulk'])
    expect(seen.filter(({ tier }) => tier === 'bulk').flatMap(({ values }) => values)).toEqual(counting(1000))
    expect(seen.every(({ values }) => values.length <= L.SLICE_READINGS)).toBe(true)
  })

  it('works longer slices where the engine asks for them', async () => {
    const seen: Seen[] = []
    const engine: InlineEngine = await InlineEngine.open(recorder(seen))
    const lengths = (): number[] => seen.splice(0).map(({ values }) => values.length)
    engine.process(readings('pump', 1020))
    expect(lengths()).toEqual([256, 254, 256, 254])
    engine.economies.write({ ...NO_ECONOMY, sliceReadings: L.LONGEST_SLICE })
    engine.process(readings('pump', 1020))
    expect(lengths()).toEqual([510, 510])
    engine.economies.write(NO_ECONOMY)
    engine.process(readings('pump', 510))
    expect(lengths()).toEqual([256, 254])
  })

  it('shares no shard with another worker', async () => {
    const seen: Seen[] = []
    const engine: InlineEngine = await InlineEngine.open(
      recorder(seen, (call) => {
        if (call > 1) return
        // while the first worker is at the device's lane, the second finds nothing it may touch
        expect(engine.workers[1].agent.hasWork()).toBe(true)
        expect(engine.turn(1)).toBe(0)
      }),
    )
    engine.send(readings('pump', 600))
    engine.route()
    engine.turn(0)
    engine.workOff(1)
    expect(seen.flatMap(({ values }) => values)).toEqual(counting(600))
  })

  it('leaves standard and bulk to others while it is reserved', async () => {
    const seen: Seen[] = []
    const engine = await InlineEngine.open(recorder(seen), { rules: RULES })
    const slot = placeOf.workerAgent(engine.foundation.plan, 0)
    publishCursor(engine.foundation.memory.i32, slot + A.AGENT_RESERVED, 1)
    for (const tier of TIERS) engine.send(ofTier(tier, 1, 3))
    engine.route()
    engine.workOff(0)
    expect([...new Set(seen.map(({ tier }) => tier))]).toEqual(['critical', 'premium'])
    expect(engine.workers[0].agent.hasWork()).toBe(false)
    expect(engine.workers[1].agent.hasWork()).toBe(true)
    engine.workOff(1)
    for (const tier of TIERS) expect(share(seen, tier)).toBe(3)
  })

  it('tries a slice that failed again in halves, and gives up the one reading that cannot be processed', async () => {
    const lengths: number[] = []
    const values: number[] = []
    const engine = await InlineEngine.open({
      name: 'picky',
      onReadings(batch) {
        const these: number[] = []
        while (batch.next()) these.push(batch.value)
        lengths.push(these.length)
        if (these.includes(77)) throw new RangeError('not that one')
        values.push(...these)
      },
    })
    engine.process(readings('pump', 2000))
    expect(values).toEqual(counting(2000).filter((value) => value !== 77))
    // 256 is halved down to 1, and after that doubled again
    expect(Math.min(...lengths)).toBe(1)
    expect(lengths.at(-2)).toBe(L.SLICE_READINGS)
    expect(engine.deadLetters.seen).toBe(1)
    expect(engine.deadLetters.recent(1)[0]).toMatchObject({
      cause: 'RangeError: not that one',
      pipeline: 'picky',
      reading: { device: 'pump', metric: 'value', value: 77 },
    })
  })

  it('does without visits where no user code sees readings', async () => {
    const events: number[] = []
    const engine = await InlineEngine.open(
      { name: 'events', onAnomaly: (event) => void events.push(event.value) },
      { anomalies: { warmup: 20, threshold: 6 }, rules: RULES },
    )
    const calm = counting(40).map((i) => ({ device: 'premium-1', value: 10 + (i % 2) }))
    engine.process([...calm, { device: 'premium-1', value: 900 }, ...readings('critical-1', 3)])
    expect(engine.workers[0].agent.hasWork()).toBe(false)
    expect(events).toEqual([900])
    expect(engine.alerts.counts).toMatchObject({ open: 1, raised: 1 })
  })

  it('says how it stands, and that it has left', async () => {
    const engine = await InlineEngine.open()
    const { i32 } = engine.foundation.memory
    const slot = placeOf.workerAgent(engine.foundation.plan, 0)
    engine.process(readings('pump', 10))
    expect(observeCursor(i32, slot + A.AGENT_STATE)).toBe(A.AGENT_RUNNING)
    expect(observeCursor(i32, slot + A.AGENT_HEARTBEAT)).toBeGreaterThan(0)
    expect(engine.workers[0].gate.isStopRequested).toBe(false)
    publishCursor(i32, slot + A.AGENT_STOP, 1)
    expect(engine.workers[0].gate.isStopRequested).toBe(true)
    engine.workers[0].agent.close()
    expect(observeCursor(i32, slot + A.AGENT_STATE)).toBe(A.AGENT_OFF)
  })
})

describe('what a dead worker leaves behind', () => {
  /** As far as a worker gets that dies in user code, in the track's only lane. */
  function dieIn(engine: InlineEngine, track: number): number {
    const { gate, door } = engine.workers[0]
    gate.enter()
    const shard = door.claim(track)
    const lane = door.laneToWork(track, shard)
    const count = door.open(lane, track === L.TRACK_EVENTS ? 1 : L.SLICE_READINGS)
    gate.enterUserCode(lane, count)
    return count
  }

  it('is worked on by others, from where it stood and in smaller slices', async () => {
    const seen: Seen[] = []
    const engine = await InlineEngine.open(recorder(seen), { rules: RULES })
    engine.send(readings('bulk-1', 600))
    engine.route()
    expect(dieIn(engine, L.TRACK_CRITICAL + TIERS.indexOf('bulk'))).toBe(256)
    expect(engine.turn(1)).toBe(0)
    engine.lostWork.recover(0, new Error('gone'))
    engine.workOff(1)
    expect(seen[0].values.length).toBe(128)
    expect(seen.flatMap(({ values }) => values)).toEqual(counting(600))
    expect(engine.deadLetters.seen).toBe(0)
  })

  it('is given up when it is a single reading', async () => {
    const seen: Seen[] = []
    const engine = await InlineEngine.open(recorder(seen))
    engine.send(readings('pump', 1, 5))
    engine.route()
    dieIn(engine, L.TRACK_CRITICAL + TIERS.indexOf('standard'))
    engine.lostWork.recover(0, new Error('gone'))
    engine.workOff(1)
    expect(seen).toEqual([])
    expect(engine.deadLetters.recent(1)[0]).toMatchObject({ cause: 'Error: gone', reading: { value: 5 } })
  })

  it('is no event that has been reported already', async () => {
    const engine = await InlineEngine.open(
      { name: 'events', onAnomaly: () => undefined },
      { anomalies: { warmup: 20, threshold: 6 } },
    )
    const told: string[] = []
    engine.alerts.subscribe((alert, change) => told.push(`${change} ${alert.count}`))
    const calm = counting(40).map((i) => ({ device: 'd', value: 10 + (i % 2) }))
    engine.send([...calm, { device: 'd', value: 900 }])
    engine.route()
    const { door, gate } = engine.workers[0]
    gate.enter()
    const shard = door.claim(L.TRACK_EVENTS)
    const lane = door.laneToWork(L.TRACK_EVENTS, shard)
    expect(door.open(lane, 1)).toBe(1)
    expect(door.isReported(lane)).toBe(false)
    door.noteReported(lane)
    // it dies before user code has begun, so nothing is suspected
    engine.lostWork.recover(0, new Error('gone'))
    expect(door.isReported(lane)).toBe(true)
    engine.workOff(1)
    expect(told).toEqual([])
    expect(engine.deadLetters.seen).toBe(0)
    // the next one is another event
    engine.process([{ device: 'd', value: 950 }])
    expect(told).toEqual(['raised 1'])
    expect(engine.directory.registry.nameOf(deviceIdOf('d'))).toBe('d')
  })
})
