import { describe, expect, it } from 'vitest'
import type { CapacityHold, ScalingDecision } from '../../src/core/scaling.ts'
import { type KeptScaling, ScalingLoop } from '../../src/scaling/scaling-loop.ts'
import { POLICY, ScalingRig, START } from './rig.ts'

describe('the scaling loop', () => {
  it('follows the demand out at once and in when it has been less for the stabilisation window', async () => {
    const rig = await new ScalingRig().start()
    rig.gauge.demand = 1750
    await rig.seconds(1)
    expect(rig.target.units).toBe(5) // 3.5 for the demand at half load, 0.75 for what waits
    await rig.seconds(40)
    expect(rig.target.units).toBe(4)
    rig.gauge.demand = 100
    await rig.seconds(25)
    expect(rig.target.units).toBe(4)
    await rig.seconds(10)
    expect(rig.target.units).toBe(1)
    expect(rig.target.asked).toEqual([5, 4, 1])
  })

  it('shows the forecaster each second as it was', async () => {
    const rig = await new ScalingRig().start()
    rig.gauge.demand = 10
    rig.gauge.activations = 3
    rig.gauge.mask = 'outage'
    await rig.seconds(2)
    expect(rig.forecaster.seen).toEqual([
      { at: START, arrivals: Float64Array.of(10), activations: 3, mask: 'outage' },
      { at: START + 1000, arrivals: Float64Array.of(10), activations: 3, mask: 'outage' },
    ])
  })

  it('shows it whole seconds where a tick came late, and no more than a minute of them', async () => {
    const rig = await new ScalingRig().start()
    rig.gauge.demand = 10
    rig.gauge.activations = 6
    rig.loop.tick() // no time has passed
    expect(rig.forecaster.seen).toEqual([])
    const stuck = new ScalingRig()
    stuck.gauge.demand = 10
    stuck.gauge.activations = 6
    stuck.clock.advance(3000)
    stuck.loop.tick()
    expect(stuck.forecaster.seen.map(({ at }) => at - START)).toEqual([0, 1000, 2000])
    expect(stuck.forecaster.seen[0]).toMatchObject({ arrivals: Float64Array.of(10), activations: 2 })
    stuck.clock.advance(3_600_000)
    stuck.loop.tick()
    expect(stuck.forecaster.seen).toHaveLength(63)
  })

  it('goes on forecasting where there is no pool', () => {
    const { clock, gauge, forecaster } = new ScalingRig()
    const holds = { between: () => [] }
    const parts = { clock, gauge, forecaster, holds, history: 1, serviceRate: 0, onAlert: () => undefined }
    const loop = new ScalingLoop({ ...parts, pools: [] })
    gauge.demand = 10
    clock.advance(1000)
    loop.tick()
    expect(forecaster.seen).toHaveLength(1)
    expect(loop.state()).toEqual([])
  })

  it('counts a forecast only while it can be trusted', async () => {
    const rig = await new ScalingRig().start()
    rig.forecaster.upper = 2000
    rig.forecaster.isTrusted = false
    await rig.seconds(1)
    expect(rig.target.units).toBe(1)
    rig.forecaster.isTrusted = true
    await rig.seconds(1)
    expect(rig.target.units).toBe(4)
    await rig.seconds(1)
    expect(rig.loop.state()[0].decision).toMatchObject({ policy: 'steady' })
    expect(rig.loop.decisions.list(1)[0]).toMatchObject({
      ...{ policy: 'predictive', from: 1, to: 4, effect: 'asked' },
      forecast: { upper: 2000, leadMs: 10_000, isTrusted: true },
    })
  })

  it('counts what a calendar says, however good the forecast of the usual is', async () => {
    const rig = await new ScalingRig().start()
    rig.forecaster.upper = 2000
    rig.forecaster.isTrusted = false
    rig.forecaster.reason = 'factory opens (×4)'
    await rig.seconds(1)
    expect(rig.target.units).toBe(4)
    const [decision] = rig.loop.decisions.list(1)
    expect(decision).toMatchObject({ policy: 'predictive', forecast: { isTrusted: false } })
    expect(decision.reason).toContain('factory opens (×4)')
    await rig.seconds(1)
    expect(rig.loop.state()[0].decision?.reason).toContain('stays at 4')
  })

  it('learns what a unit does, while units have enough to do', async () => {
    const rig = await new ScalingRig({ knownRate: 0, perSecond: 500 }).start()
    rig.gauge.demand = 400
    await rig.seconds(3)
    expect(rig.loop.stats()[0].serviceRate).toBeCloseTo(500)
  })

  it('decides and asks for nothing in a dry run', async () => {
    const rig = await new ScalingRig({ policy: { dryRun: true } }).start()
    rig.gauge.demand = 3000
    await rig.seconds(10)
    expect(rig.target.asked).toEqual([])
    expect(rig.loop.decisions.list(1)[0].effect).toBe('dry-run')
    expect(rig.alerts.map(({ kind }) => kind)).not.toContain('target-unreachable')
  })

  it('asks the next thing when the request before is through, and the latest of several wishes', async () => {
    const rig = await new ScalingRig().start()
    let open = (): void => undefined
    rig.target.gate = new Promise((resolve) => (open = resolve))
    rig.gauge.demand = 1000
    rig.clock.advance(1000)
    await Promise.resolve()
    rig.gauge.demand = 2000
    rig.clock.advance(1000)
    rig.gauge.demand = 4000
    rig.clock.advance(1000)
    expect(rig.target.asked).toHaveLength(1)
    open()
    await rig.loop.settled()
    expect(rig.target.asked).toHaveLength(2)
    expect(rig.target.asked[1]).toBe(rig.loop.state()[0].desired)
  })

  it('tries again, more and more slowly, where a target fails, and says so', async () => {
    const rig = await new ScalingRig().start()
    rig.target.failure = 'no quota'
    rig.gauge.demand = 2000
    await rig.seconds(12)
    expect(rig.target.asked.length).toBeGreaterThan(2)
    expect(rig.target.asked.length).toBeLessThan(7)
    const failed = rig.loop.decisions.list(100).filter(({ effect }) => effect === 'failed')
    expect(failed.length).toBeGreaterThan(0)
    expect(rig.loop.state()[0]).toMatchObject({ lastError: 'no quota', failingSince: START + 1000 })
    const alerts = (): unknown[] => rig.alerts.filter(({ kind }) => kind === 'target-unreachable')
    expect(alerts()).toMatchObject([{ isRaised: true, message: 'the target fails: no quota' }])
    rig.target.failure = undefined
    await rig.seconds(30)
    expect(rig.target.units).toBeGreaterThan(3)
    expect(alerts().at(-1)).toMatchObject({ isRaised: false })
  })

  it('finds out, and tells, that a target cannot be observed, also when it never could', async () => {
    const rig = new ScalingRig()
    rig.target.observeFailure = 'no route'
    await rig.start()
    await rig.seconds(12)
    expect(rig.loop.state()[0]).toMatchObject({ ready: null, desired: 0, decision: null })
    expect(rig.loop.stats()[0]).toMatchObject({ desired: 0, ready: 0, demand: 0, forecast: 0, waste: 0 })
    expect(rig.alerts).toMatchObject([{ kind: 'target-unreachable', message: 'the target fails: no route' }])
    rig.target.observeFailure = undefined
    await rig.seconds(2)
    expect(rig.loop.state()[0]).toMatchObject({ ready: 1, failingSince: null })
  })

  it('tells that units do not come', async () => {
    const rig = await new ScalingRig().start()
    rig.target.most = 1
    rig.gauge.demand = 900
    await rig.seconds(8)
    expect(rig.alerts).toMatchObject([
      { kind: 'target-unreachable', message: '1 ready instead of 2 for more than 5 s' },
    ])
    expect(rig.loop.state()[0].differsSince).not.toBeNull()
    rig.target.most = 10
    await rig.seconds(2)
    expect(rig.alerts).toContainEqual(
      expect.objectContaining({ kind: 'target-unreachable', isRaised: false }),
    )
  })

  it('is not told of a target that follows a long ramp a little behind', async () => {
    const rig = await new ScalingRig({ policy: { max: 100 } }).start()
    for (let second = 1; second <= 30; second++) {
      rig.gauge.demand = 500 * second
      rig.target.most = Math.max(1, rig.loop.state()[0].desired - 1)
      await rig.seconds(1)
    }
    expect(rig.loop.state()[0].desired).toBeGreaterThan(20)
    expect(rig.loop.state()[0].differsSince).not.toBeNull()
    expect(rig.alerts.map(({ kind }) => kind)).not.toContain('target-unreachable')
  })

  it('asks the target what it has no more often than it should', async () => {
    const rig = await new ScalingRig({ pool: { observeEveryMs: 10_000 } }).start()
    rig.target.units = 3
    await rig.seconds(5)
    expect(rig.loop.state()[0].ready).toBe(1)
    await rig.seconds(6)
    expect(rig.loop.state()[0].ready).toBe(3)
  })

  it('is told by alerts that it is at its ceiling, and no more', async () => {
    const rig = await new ScalingRig({ policy: { max: 2 } }).start()
    rig.gauge.demand = 1500
    await rig.seconds(8)
    expect(rig.alerts).toMatchObject([{ kind: 'at-ceiling', pool: 'workers', isRaised: true }])
    expect(rig.loop.state()[0].alerts).toHaveLength(1)
    rig.gauge.demand = 100
    await rig.seconds(40)
    expect(rig.alerts.at(-1)).toMatchObject({ kind: 'at-ceiling', isRaised: false })
  })

  it('is told by alerts that it goes to and fro', async () => {
    const scaleIn = { step: null, cooldownMs: 0, stabilisationMs: 0 }
    const rig = await new ScalingRig({ policy: { scaleIn } }).start()
    for (let i = 0; i < 5; i++) {
      rig.gauge.demand = 2000
      await rig.seconds(3)
      rig.gauge.demand = 10
      await rig.seconds(8)
    }
    expect(rig.alerts.map(({ kind }) => kind)).toContain('flapping')
    await rig.seconds(1000)
    expect(rig.alerts.at(-1)).toMatchObject({ kind: 'flapping', isRaised: false })
  })

  it('is told by alerts that a forecast is no good any more', async () => {
    const rig = await new ScalingRig().start()
    await rig.seconds(1)
    rig.forecaster.isTrusted = false
    await rig.seconds(70)
    expect(rig.alerts).toMatchObject([{ kind: 'forecast-degraded', isRaised: true }])
    rig.forecaster.isTrusted = true
    await rig.seconds(1)
    expect(rig.alerts.at(-1)).toMatchObject({ kind: 'forecast-degraded', isRaised: false })
  })

  it('goes on after a restart with what it knew', async () => {
    const rig = await new ScalingRig({ knownRate: 0 }).start()
    rig.gauge.demand = 900
    await rig.seconds(20)
    const kept = JSON.parse(JSON.stringify(rig.loop.kept())) as KeptScaling
    const again = await new ScalingRig({ kept, knownRate: 0 }).start()
    expect(again.loop.decisions.nextId).toBe(rig.loop.decisions.nextId)
    expect(again.loop.kept().serviceRate).toBe(kept.serviceRate)
    expect(again.loop.pool('workers')?.ledger.days()).toEqual(rig.loop.pool('workers')?.ledger.days())
    await again.loop.close()
    expect(again.target.isClosed).toBe(true)
  })

  it('stops when it is closed', async () => {
    const rig = await new ScalingRig().start()
    await rig.loop.close()
    await rig.seconds(3)
    expect(rig.ticks).toEqual([])
  })
})

describe('a pool whose units each measure themselves alone', () => {
  it('takes the others to have as much to do', async () => {
    const rig = await new ScalingRig({
      units: 3,
      perSecond: 1000,
      pool: { isOneOfMany: true, workersPerUnit: 2 },
    }).start()
    rig.gauge.demand = 1500 // of 2,000 that a unit does
    await rig.seconds(1)
    expect(rig.loop.state()[0].decision?.inputs).toMatchObject({ demand: 4500, serviceRate: 2000, ready: 3 })
    expect(rig.target.units).toBe(5)
    rig.forecaster.upper = 3000
    await rig.seconds(1)
    expect(rig.loop.state()[0].decision?.forecast?.upper).toBe(15_000)
  })
})

describe('what reservations may count on', () => {
  it('is the ceiling, and what the forecast, the schedule and the minimum need', async () => {
    const window = { name: 'w', starts: '2026-01-05T01:00', timezone: 'UTC', durationMs: 60_000, rrule: '' }
    const schedule = [{ ...window, min: 7, max: null }]
    const rig = await new ScalingRig({ policy: { min: 2, max: 9, schedule } }).start()
    const outlook = rig.loop.outlook('workers')
    expect(outlook?.ceiling).toBe(9)
    expect(outlook?.neededBetween(START, START + 1000)).toBe(2)
    rig.forecaster.upper = 2400
    expect(outlook?.neededBetween(START, START + 1000)).toBe(5)
    expect(outlook?.neededBetween(START, START + 3_700_000)).toBe(7)
    expect(rig.loop.outlook('others')).toBeUndefined()
    const unseen = new ScalingRig()
    unseen.forecaster.upper = 2400
    expect(unseen.loop.outlook('workers')?.neededBetween(START, START + 1000)).toBe(5)
  })
})

describe('scarce units', () => {
  const hold = (id: string): CapacityHold => ({
    ...{ id, from: START, until: START + 3_600_000, units: 2, use: 'operation', reason: 'update' },
  })

  it('go to maintenance before standard readings, and holds are told when there is enough again', async () => {
    const rig = await new ScalingRig({ policy: { max: 3 } }).start()
    rig.holds = [hold('m1')]
    rig.gauge.demand = 3000
    await rig.seconds(1)
    const [first, second] = rig.loop.state()[0].scarcity ?? []
    expect(first).toMatchObject({ claim: { kind: 'maintenance', name: 'm1' }, units: 2 })
    expect(second.reason).toContain('for standard (standard readings), after m1')
    expect(rig.granted).toEqual([])
  })

  it('leave less for maintenance than for what the configuration puts before it', async () => {
    const priorities = [{ kind: 'standard' as const, name: '*', before: 'anomaly' as const }]
    const rig = await new ScalingRig({ policy: { max: 3 }, priorities }).start()
    rig.holds = [hold('m1')]
    rig.gauge.demand = 3000
    await rig.seconds(3)
    expect(rig.granted).toMatchObject([{ id: 'm1', units: 0 }])
    rig.gauge.demand = 0
    rig.gauge.waiting = 0
    await rig.seconds(2)
    expect(rig.granted.at(-1)).toEqual({ id: 'm1', units: 2, reason: 'there is enough for all' })
    expect(rig.loop.state()[0].scarcity).toBeNull()
    rig.holds = []
    await rig.seconds(1)
    expect(rig.granted).toHaveLength(2)
  })

  it('are divided also before it is known what a unit does', async () => {
    const rig = await new ScalingRig({ policy: { max: 1, targetUtilisation: 0.5 }, knownRate: 0 }).start()
    rig.gauge.demand = 0
    rig.gauge.refusedBulk = 5
    await rig.seconds(1)
    expect(rig.loop.state()[0].scarcity).toEqual([])
  })
})

describe('decisions', () => {
  it('are kept when they say something new, and told again when their effect is known', async () => {
    const rig = await new ScalingRig({ history: 3 }).start()
    const told: ScalingDecision[] = []
    const leave = rig.loop.decisions.follow((decision) => told.push(decision))
    rig.gauge.demand = 400
    await rig.seconds(5)
    expect(told).toHaveLength(1)
    rig.gauge.demand = 900
    await rig.seconds(5)
    expect(told.map(({ id, effect }) => [id, effect])).toEqual([
      [1, 'none'],
      [2, 'asked'],
      [2, 'asked'],
    ])
    leave()
    for (const demand of [1400, 1900, 2400]) {
      rig.gauge.demand = demand
      await rig.seconds(3)
    }
    expect(told).toHaveLength(3)
    const { decisions } = rig.loop
    expect(decisions.list(100)).toHaveLength(3)
    const [last] = decisions.list(1)
    expect(decisions.list(100, last.id, 'workers')).toHaveLength(2)
    expect(decisions.list(100, Infinity, 'others')).toEqual([])
    expect(decisions.since(last.id - 1)).toEqual([last])
    decisions.amend(1, 'failed') // no longer kept
    expect(decisions.list(100).every(({ effect }) => effect !== 'failed')).toBe(true)
    expect(decisions.countsOf('workers')).toEqual({ reactive: expect.any(Number) as number })
    expect(decisions.countsOf('others')).toEqual({})
  })

  it('have their reason also in JSON where they say nothing new', async () => {
    const rig = await new ScalingRig().start()
    rig.gauge.demand = 100
    await rig.seconds(3)
    const [{ decision }] = JSON.parse(JSON.stringify(rig.loop.state())) as ReturnType<typeof rig.loop.state>
    expect(decision).toMatchObject({ pool: 'workers', to: 1, effect: 'none' })
    expect(decision?.reason).toMatch(/^100\/s.*stays at 1$/)
  })

  it('are the same for the same inputs', async () => {
    const run = async () => {
      const rig = await new ScalingRig().start()
      for (const demand of [100, 900, 5000, 20, 0, 700]) {
        rig.gauge.demand = demand
        await rig.seconds(15)
      }
      return rig.loop.decisions.list(1000)
    }
    expect(await run()).toEqual(await run())
  })
})

describe('figures of a pool', () => {
  it('are those of its last tick', async () => {
    const cost = { ...POLICY.cost, perUnitHour: 2 }
    const rig = await new ScalingRig({ policy: { cost } }).start()
    rig.gauge.demand = 600
    rig.forecaster.upper = 1400
    await rig.seconds(2)
    expect(rig.loop.stats()).toMatchObject([
      {
        ...{ pool: 'workers', desired: 3, ready: 3, max: 10, demand: 600, forecast: 1400, costPerHour: 6 },
        ...{ isForecastTrusted: true, serviceRate: 1000, capacity: 3000, decisions: { predictive: 1 } },
      },
    ])
    expect(rig.loop.pool('workers')?.latest?.inputs.demand).toBe(600)
    expect(rig.loop.accuracy().isTrusted).toBe(true)
  })
})
