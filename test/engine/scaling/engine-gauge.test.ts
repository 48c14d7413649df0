import { describe, expect, it } from 'vitest'
import { REFUSAL_REASONS } from '../../../src/core/refusal.ts'
import { TIERS } from '../../../src/core/tiers.ts'
import type { Foundation } from '../../../src/engine/foundation.ts'
import { EngineGauge } from '../../../src/engine/scaling/engine-gauge.ts'
import { engineSeries } from '../../../src/engine/scaling/engine-series.ts'
import * as I from '../../../src/ingest/intake-counters.ts'
import * as C from '../../../src/memory/layout/counters.layout.ts'
import { placeOf, planMemory } from '../../../src/memory/memory-plan.ts'
import { reserveMemory, viewMemory } from '../../../src/memory/shared-memory.ts'
import { VirtualClock } from '../../../src/simulation/virtual-clock.ts'

const REGIONS = ['unassigned', 'europe', 'asia']
const plan = planMemory({
  ...{ series: 1000, devices: 1000, ringBytes: 65_536, rings: 1, backlogBytes: 1 << 20, workers: 1 },
  ...{ limitsDeviceRate: false, shardStateBytes: 0 },
})

/** Counters as the router would have them. */
function gauged() {
  const memory = viewMemory(reserveMemory(plan.totalBytes))
  const foundation = { plan, memory, kernels: { countTrack: () => 0 } } as unknown as Foundation
  const gauge = new EngineGauge({
    ...{ foundation, clock: new VirtualClock(), pool: { busy: 0 }, regions: REGIONS.length },
    ...{ defaultTier: 'standard', registered: () => 0, mask: () => null },
  })
  const add = (address: number, count: number): void => void (memory.u32[address >>> 2] += count)
  return {
    gauge,
    accept: (tier: number, region: number, count: number) =>
      add(plan.at.regionCounters + 8 * (region * TIERS.length + tier), count),
    refuse: (tier: number, count: number) => add(plan.at.routerCounters + C.ROUTER_REFUSED + 8 * tier, count),
    refuseAtDoor: (count: number) => {
      const word = I.INTAKE_REFUSED + REFUSAL_REASONS.indexOf('ring')
      memory.f64[(placeOf.intakeCounters(plan, 0) >>> 3) + word] += count
    },
    /** Since it was asked last; what isn't 0, by name. */
    read: (): Record<string, number> => {
      const { arrivals } = gauge.read()
      return Object.fromEntries(
        engineSeries(REGIONS).flatMap(({ tier, region }, i) =>
          arrivals[i] === 0 ? [] : [[`${tier} ${region}`, arrivals[i]]],
        ),
      )
    },
  }
}

describe('the gauge of an engine', () => {
  it('counts what arrives by tier and region', () => {
    const { accept, read, gauge } = gauged()
    accept(1, 1, 5)
    accept(3, 0, 7)
    expect(read()).toEqual({ 'premium europe': 5, 'bulk unassigned': 7 })
    accept(1, 2, 2)
    expect(read()).toEqual({ 'premium asia': 2 })
    expect(read()).toEqual({})
    gauge.close()
  })

  it('takes what was refused of a tier to be of its regions as what was accepted lately', () => {
    const { accept, refuse, read } = gauged()
    refuse(2, 4)
    expect(read(), 'nothing was accepted yet').toEqual({ 'standard unassigned': 4 })
    accept(2, 1, 30)
    accept(2, 2, 10)
    refuse(2, 80)
    expect(read()).toEqual({ 'standard europe': 90, 'standard asia': 30 })
    refuse(2, 40)
    expect(read(), 'none was accepted since').toEqual({ 'standard europe': 30, 'standard asia': 10 })
    refuse(3, 1)
    expect(read(), 'of another tier').toEqual({ 'bulk unassigned': 1 })
  })

  it('takes what a full ring refused to be of the default tier', () => {
    const { accept, refuseAtDoor, read } = gauged()
    accept(2, 2, 10)
    refuseAtDoor(5)
    expect(read()).toEqual({ 'standard asia': 15 })
  })
})
