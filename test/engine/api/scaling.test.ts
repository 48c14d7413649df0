import { describe, expect, it } from 'vitest'
import type { HttpRequest, HttpResponse } from '../../../src/core/http.ts'
import type { ScalingDecision } from '../../../src/core/scaling.ts'
import type { KeptCapacity, ScalingReport, ScalingState } from '../../../src/engine/scaling/documents.ts'
import type { ScalingDesk, ScalingDeskParts } from '../../../src/engine/scaling-desk.ts'
import { createApi } from '../../../src/engine/api/create-api.ts'
import { EventDesk } from '../../../src/engine/engine-events.ts'
import type { ConfigInput } from '../../../src/engine/config/schema.ts'
import { type Economy, NO_ECONOMY } from '../../../src/memory/economies.ts'
import type { LadderStep } from '../../../src/scaling/degradation/ladder.ts'
import { VirtualClock } from '../../../src/simulation/virtual-clock.ts'
import { NO_TIERS, SetForecaster } from '../../scaling/rig.ts'
import { fakeEngine } from './fake-engine.ts'
import { idleScaling, NOTHING_READ } from './idle-scaling.ts'

const BUSY = { ...NOTHING_READ, arrivals: Float64Array.of(5000), processed: 1000, busyMs: 1000 }
const REFUSED = { ...BUSY, refused: { ...NO_TIERS, bulk: 100 } }

/** An engine whose workers do 1,000 readings per second; what it reads is set. */
function scaled(config?: ConfigInput, more: Partial<ScalingDeskParts> = {}) {
  const { alerts } = fakeEngine().view
  const clock = new VirtualClock()
  const gauge = { next: NOTHING_READ, read: () => gauge.next }
  const done: { paused: readonly string[]; economy: Economy } = { paused: [], economy: NO_ECONOMY }
  const over: Partial<ScalingDeskParts> = {
    gauge,
    pausePipelines: (paused) => Promise.resolve(void Object.assign(done, { paused })),
    economise: (economy) => void Object.assign(done, { economy }),
    ...more,
  }
  const scaling = idleScaling(clock, alerts, config, over)
  const { call, get, view } = fakeEngine({ clock, scaling, alerts })
  const seconds = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      clock.advance(1000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { clock, alerts, scaling, gauge, done, call, get, view, seconds }
}

async function begun(config?: ConfigInput, more: Partial<ScalingDeskParts> = {}) {
  const engine = scaled(config, more)
  engine.scaling.begin()
  await new Promise((resolve) => setImmediate(resolve))
  await engine.seconds(1)
  return engine
}

describe('GET /v1/scaling', () => {
  it('shows pools, policies, and decisions in words', async () => {
    const { get, gauge, seconds } = await begun()
    gauge.next = BUSY
    await seconds(2)
    const state = get('/v1/scaling').json as ScalingState & { decisions: ScalingDecision[] }
    expect(state).toMatchObject({ enabled: true, degradation: { depth: 0, taken: [] } })
    expect(state.pools).toMatchObject([
      { pool: 'workers', unit: 'worker', desired: 4, min: 1, max: 4, policy: { targetUtilisation: 0.7 } },
    ])
    expect(state.decisions[0].reason).toContain('5,000/s need')
    const [series] = new SetForecaster().series
    expect(state.demand).toEqual([{ ...series, perSecond: 5000, total: 10_000 }])
    expect(get('/v1/scaling?x=1').status).toBe(400)
    const page = get('/v1/scaling/decisions?limit=1').json as { decisions: ScalingDecision[]; next: number }
    expect(page.decisions).toHaveLength(1)
    expect(page.next).toBe(page.decisions[0].id)
    expect(get('/v1/scaling/decisions?pool=others').json).toEqual({ decisions: [], next: null })
  })

  it('says how many there should be to those who scale themselves', async () => {
    const { get, gauge, seconds } = await begun({ pool: { max: 4 }, scaling: { nodes: { max: 9, min: 2 } } })
    gauge.next = { ...BUSY, arrivals: Float64Array.of(4000) }
    await seconds(2)
    expect(get('/v1/scaling/desired?pool=workers').json).toMatchObject({ pool: 'workers', desired: 4 })
    const nodes = get('/v1/scaling/desired').json as { desired: number }
    expect(nodes).toMatchObject({ pool: 'nodes', demand: expect.any(Number) as number })
    expect(nodes.desired).toBeGreaterThan(2)
    expect(get('/v1/scaling/desired?format=external-metrics').json).toMatchObject({
      ...{ kind: 'ExternalMetricValueList', apiVersion: 'external.metrics.k8s.io/v1beta1' },
      items: [{ metricLabels: { pool: 'nodes' }, value: String(nodes.desired) }],
    })
    expect(get('/v1/scaling/desired?pool=x').status).toBe(404)
  })

  it('reports what capacity was good for, as JSON, CSV and SVG', async () => {
    const { get } = await begun()
    const report = get('/v1/scaling/report').json as ScalingReport
    expect(report).toMatchObject({ pool: 'workers', days: [{ pool: 'workers' }] })
    expect(get('/v1/scaling/report?format=csv')).toMatchObject({ contentType: 'text/csv; charset=utf-8' })
    expect(get('/v1/scaling/report?format=svg').body).toMatch(/^<svg /)
    expect(get('/v1/scaling/report?format=pdf').status).toBe(400)
  })
})

describe('PUT /v1/scaling/override', () => {
  it('holds a size until its time is over or it is taken back', async () => {
    const { call, get, seconds } = await begun()
    expect(call('PUT', '/v1/scaling/override', { units: 3, forMs: 3000, by: 'ops' }).status).toBe(200)
    await seconds(2)
    expect((get('/v1/scaling').json as ScalingState).pools[0]).toMatchObject({ desired: 3 })
    await seconds(3)
    expect((get('/v1/scaling').json as ScalingState).pools[0].override).toBeNull()
    call('PUT', '/v1/scaling/override', { units: 2, by: 'ops', until: 9e15 })
    expect(call('DELETE', '/v1/scaling/override').json).toEqual({ override: null })
  })

  it('refuses what the pool cannot have', async () => {
    const { call } = await begun()
    const answer = call('PUT', '/v1/scaling/override', { units: 5, by: 'ops' })
    expect(answer).toMatchObject({ status: 400 })
    expect(answer.body).toContain('units: 5 is not allowed; allowed: 1 to 4')
    expect(call('PUT', '/v1/scaling/override', { units: 2.5, by: 'ops' }).status).toBe(400)
    expect(call('PUT', '/v1/scaling/override', { units: 2 }).status).toBe(400)
  })
})

describe('PATCH /v1/scaling/policy', () => {
  it('changes what is said and leaves the rest', async () => {
    const { call, get, gauge, seconds } = await begun()
    const answer = call('PATCH', '/v1/scaling/policy', { max: 2, scaleIn: { step: 1 } })
    expect(answer.json).toMatchObject({ max: 2, min: 1, scaleIn: { step: 1, stabilisationMs: 60_000 } })
    gauge.next = BUSY
    await seconds(2)
    expect((get('/v1/scaling').json as ScalingState).pools[0]).toMatchObject({ desired: 2, max: 2 })
    expect(call('PATCH', '/v1/scaling/policy?pool=workers', { scaleIn: { step: null } }).status).toBe(200)
  })

  it.each([
    [{ max: 9 }, 'policy.max: 9 is not allowed; give a number from 1 to 4'],
    [{ min: 0 }, 'policy.min: 0 is not allowed; give a number from 1 to 4'],
    [{ min: 3, max: 2 }, 'policy.min: 3 is not allowed'],
    [{ deadband: 1 }, 'deadband'],
    [{ targetUtilisation: 'half' }, 'policy.targetUtilisation: "half" is not allowed'],
    [[], 'policy'],
  ])('refuses %j', (patch, words) => {
    const answer = scaled().call('PATCH', '/v1/scaling/policy', patch)
    expect(answer.status).toBe(400)
    expect(answer.body).toContain(JSON.stringify(words).slice(1, -1))
  })
})

describe('what was changed of a policy', () => {
  const overRestart = (scaling: ScalingDesk) => JSON.parse(JSON.stringify(scaling.kept())) as KeptCapacity

  it('holds after a restart, over what is configured then, until it is taken back', () => {
    let kept = 0
    const first = scaled(undefined, { onChange: () => void kept++ })
    first.call('PATCH', '/v1/scaling/policy', { max: 3, scaleIn: { step: 1, cooldownMs: 5 } })
    first.call('PATCH', '/v1/scaling/policy', { scaleIn: { step: null } })
    expect(kept).toBe(2)
    const config = { pool: { min: 1, max: 4 }, scaling: { pool: { drainMs: 700 } } }
    const again = scaled(config, { kept: overRestart(first.scaling) })
    const shown = () => (again.get('/v1/scaling').json as ScalingState).pools[0]
    expect(shown()).toMatchObject({
      policy: { max: 3, drainMs: 700, scaleIn: { step: null, cooldownMs: 5 } },
      changes: { max: 3, scaleIn: { step: null, cooldownMs: 5 } },
    })
    const back = again.call('DELETE', '/v1/scaling/policy?pool=workers').json
    expect(back).toMatchObject({ max: 4, scaleIn: { cooldownMs: 10_000 } })
    expect(shown().changes).toBeNull()
    expect(scaled(config, { kept: overRestart(again.scaling) }).scaling.state().pools[0].policy.max).toBe(4)
    expect(again.call('DELETE', '/v1/scaling/policy?pool=none').status).toBe(404)
  })

  it('is told and forgotten where the configuration no longer allows it', () => {
    const first = scaled()
    first.call('PATCH', '/v1/scaling/policy', { max: 4, min: 4 })
    const events = new EventDesk()
    const told: unknown[] = []
    events.on('failure', (error) => told.push(error))
    const again = scaled({ pool: { min: 1, max: 2 } }, { kept: overRestart(first.scaling), events })
    expect(again.scaling.state().pools[0]).toMatchObject({ changes: null, policy: { min: 1, max: 2 } })
    expect(String(told)).toContain('policy.max: 4 is not allowed')
  })
})

describe('capacity that is set apart', () => {
  const hold = { id: 'patch', from: 0, until: 9e15, units: 2, reason: '' }

  it.each([
    ['operation', 2, 2],
    ['idle', 2, 4],
  ] as const)(
    'for an %s of 2 leaves %i of 4 workers less than %i at their lanes',
    async (use, _, sizeThen) => {
      const pool = {
        size: 1,
        running: 1,
        resize: (size: number) => Promise.resolve(void Object.assign(pool, { size, running: size })),
      }
      const { scaling, gauge, seconds, get } = await begun(undefined, { pool })
      gauge.next = BUSY
      await seconds(2)
      expect(pool.size).toBe(4)
      scaling.holdBy({ between: () => [{ ...hold, use }] })
      await seconds(2)
      expect(pool.size).toBe(sizeThen)
      expect((get('/v1/scaling').json as ScalingState).pools[0]).toMatchObject({ desired: 4, ready: 4 })
      scaling.holdBy({ between: () => [] })
      await seconds(2)
      expect(pool.size).toBe(4)
    },
  )

  it('leaves one worker at its lanes whatever is set apart', async () => {
    const pool = {
      size: 1,
      running: 1,
      resize: (size: number) => Promise.resolve(void Object.assign(pool, { size, running: size })),
    }
    const { scaling, seconds } = await begun(undefined, { pool })
    const told: string[] = []
    scaling.holdBy({
      between: () => [{ ...hold, units: 9, use: 'operation' }],
      grant: (id) => void told.push(id),
    })
    await seconds(3)
    expect(pool.size).toBe(1)
    expect(told).toEqual(['patch'])
  })
})

describe('degraded mode and alerts', () => {
  const ladder = [
    { do: 'pause-pipelines' as const, pipelines: ['reports', 'audit'] },
    { do: 'sample-bulk' as const, keep: 4 },
  ]

  it('steps down while shortage is severe and back up, tells each step, and raises alerts', async () => {
    const engine = await begun({
      pool: { min: 1, max: 2 },
      scaling: { degradation: { ladder, upAfterMs: 5000 } },
    })
    const { gauge, seconds, done, get, alerts, scaling } = engine
    const steps: LadderStep[] = []
    scaling.followSteps((step) => steps.push(step))
    gauge.next = REFUSED
    await seconds(20)
    expect(done).toEqual({ paused: ['reports', 'audit'], economy: { ...NO_ECONOMY, bulkKeep: 4 } })
    expect(steps.map(({ rung }) => rung)).toEqual(['pause-pipelines reports, audit', 'sample-bulk 1/4'])
    expect(alerts.open().map(({ rule, key }) => [rule, key])).toContainEqual([
      'scaling-at-ceiling',
      'workers',
    ])
    expect(scaling.stats()).toMatchObject({ degradedRung: 2, pools: [{ pool: 'workers' }] })
    gauge.next = NOTHING_READ
    await seconds(60)
    expect(done).toEqual({ paused: [], economy: NO_ECONOMY })
    const { degradation } = get('/v1/scaling').json as ScalingState
    expect(degradation).toMatchObject({ depth: 0, steps: [{ to: 0 }, { to: 1 }, { to: 2 }, { to: 1 }] })
    expect(alerts.open()).toEqual([])
  })

  it('ends the alerts of an earlier process', () => {
    const engine = scaled()
    const about = { rule: 'scaling-flapping', series: 0n, key: 'workers', region: '', message: '', time: 1 }
    engine.alerts.raise({ ...about, severity: 'low', value: 0, score: 0 })
    engine.scaling.begin()
    expect(engine.alerts.open()).toEqual([])
  })
})

describe('GET /v1/scaling/events', () => {
  it('tells decisions and steps as they are made, and what was missed', async () => {
    const { view, gauge, seconds, clock } = await begun()
    gauge.next = BUSY
    await seconds(2)
    const request: HttpRequest = {
      ...{ method: 'GET', path: '/v1/scaling/events', query: 'after=0', authorization: '', address: '' },
      body: new Uint8Array(),
    }
    const response = createApi(view)(request) as HttpResponse
    const heard: string[] = []
    const leave = response.stream?.((chunk) => heard.push(chunk))
    expect(heard.join('')).toMatch(/event: decision\ndata: \{.*"pool":"workers".*\}\nid: \d+\n\n/)
    clock.advance(15_000)
    expect(heard).toContain(': heartbeat\n\n')
    leave?.()
    const latest = createApi(view)({ ...request, query: '' }) as HttpResponse
    const quiet: string[] = []
    latest.stream?.((chunk) => quiet.push(chunk))
    expect(quiet).toEqual([': following decisions\n\n'])
  })
})

describe('an engine whose size is fixed', () => {
  it('shows that nothing follows', () => {
    const { scaling, get } = scaled({ pool: { size: 1, max: 4 } })
    scaling.begin()
    expect(get('/v1/scaling').json).toMatchObject({ enabled: false })
    expect(scaling.holds(0, 1)).toEqual([])
    scaling.holdBy({ between: () => [{ id: 'x', from: 0, until: 1, units: 1, use: 'idle', reason: '' }] })
    expect(scaling.holds(0, 1)).toHaveLength(1)
    expect(scaling.outlook().ceiling).toBe(4)
  })
})
