import { describe, expect, it } from 'vitest'
import type { CapacityHold, DemandForecast, ScalingInputs } from '../../../src/core/scaling.ts'
import type { PolicyOptions } from '../../../src/scaling/policy/policy-options.ts'
import { PoolPolicy, type Situation } from '../../../src/scaling/policy/pool-policy.ts'
import { NO_TIERS, POLICY, START } from '../rig.ts'

const INPUTS: ScalingInputs = {
  ...{ demand: 0, backlog: NO_TIERS, refused: NO_TIERS, serviceRate: 1000, utilisation: 0.5, ready: 1 },
}

const forecastOf = (upper: number, reason = ''): DemandForecast => ({
  ...{ expected: upper, upper, byTier: NO_TIERS, reason },
})

const hold = (over: Partial<CapacityHold>): CapacityHold => ({
  ...{ id: 'h', from: START, until: START + 60_000, units: 2, use: 'idle', reason: '' },
  ...over,
})

/** Decides again and again; each decision is followed. */
class Pool {
  readonly policy: PoolPolicy
  at = START
  units: number

  constructor(options: Partial<PolicyOptions> = {}, units = 1) {
    this.policy = new PoolPolicy({ ...POLICY, ...options })
    this.units = units
  }

  decide(inputs: Partial<ScalingInputs> = {}, over: Partial<Situation> = {}) {
    const choice = this.policy.decide({
      ...{ at: this.at, from: this.units, forecast: null, holds: [] },
      inputs: { ...INPUTS, ready: this.units, ...inputs },
      ...over,
    })
    this.units = choice.to
    this.at += 1000
    return choice
  }

  /** The same for so many seconds; the last decision. */
  seconds(count: number, inputs: Partial<ScalingInputs> = {}, over: Partial<Situation> = {}) {
    for (let i = 1; i < count; i++) this.decide(inputs, over)
    return this.decide(inputs, over)
  }
}

describe('the policy of a pool', () => {
  it('has so many units that the demand keeps them at work for the target share of the time', () => {
    const choice = new Pool().decide({ demand: 1900 })
    expect(choice).toMatchObject({ from: 1, wanted: 4, to: 4, policy: 'reactive', limits: [] })
    expect(choice.reason).toBe('1,900/s need 3.80 at 50 % of 1,000/s each; from 1 to 4')
  })

  it('has more where work waits, to be worked off within the time given', () => {
    const pool = new Pool({ drainMs: 2000 })
    const choice = pool.decide({ demand: 500, backlog: { ...NO_TIERS, bulk: 4000, premium: 2000 } })
    expect(choice).toMatchObject({ to: 4, policy: 'reactive' })
    expect(choice.reason).toContain('500/s and 6,000 waiting need 4.00')
  })

  it('goes by utilisation until it knows what a unit does', () => {
    const pool = new Pool({}, 2)
    const choice = pool.decide(
      { serviceRate: 0, utilisation: 0.8, demand: 99 },
      { forecast: forecastOf(1e9) },
    )
    expect(choice).toMatchObject({ to: 4, policy: 'reactive' })
    expect(choice.reason).toContain('by utilisation, 80 % against 50 %')
  })

  it('doubles without such knowledge where work waits for units that are always at work', () => {
    const busy = { serviceRate: 0, utilisation: 0.95, backlog: { ...NO_TIERS, bulk: 10 } }
    expect(new Pool({ targetUtilisation: 1 }, 3).decide(busy).to).toBe(6)
  })

  it('stays where the need is nearly met, and says so', () => {
    const choice = new Pool({}, 4).decide({ demand: 2100 })
    expect(choice).toMatchObject({ to: 4, limits: ['dead-band'], policy: 'steady' })
    expect(choice.reason).toContain('less than 10 % more changes nothing; stays at 4')
  })

  it('knows no dead band where readings are refused or wait too long', () => {
    const refused = { ...NO_TIERS, bulk: 3 }
    const choice = new Pool({}, 4).decide({ demand: 2100, refused })
    expect(choice.to).toBe(5)
    expect(choice.reason).toContain('(3 refused)')
    const waits = { demand: 1000, backlog: { ...NO_TIERS, bulk: 2100 }, serviceRate: 1000 }
    expect(new Pool({}, 4).decide(waits).to).toBe(5)
  })

  it('takes units away when the need was less for the whole window, down to the highest need in it', () => {
    const pool = new Pool({}, 8)
    expect(pool.seconds(10, { demand: 1500 })).toMatchObject({ to: 8, wanted: 4, limits: ['stabilisation'] })
    expect(pool.seconds(20, { demand: 400 }).to).toBe(8)
    expect(pool.decide({ demand: 400 }).to).toBe(4)
    expect(pool.seconds(9, { demand: 400 }).to).toBe(4)
    expect(pool.decide({ demand: 400 }).to).toBe(1)
  })

  it('says that it waits for less need', () => {
    expect(new Pool({}, 8).decide({}).reason).toContain('fewer only after 30 s of less need')
  })

  it('takes no more units away at once, and not sooner after a change, than is allowed', () => {
    const pool = new Pool({ scaleIn: { step: 2, cooldownMs: 3000, stabilisationMs: 0 } }, 8)
    const first = pool.decide({})
    expect(first).toMatchObject({ to: 6, limits: ['step'] })
    expect(first.reason).toContain('at most 2 at once')
    const second = pool.decide({})
    expect(second).toMatchObject({ to: 6, limits: ['cooldown'] })
    expect(second.reason).toContain('the last change was less than 3 s ago')
    expect(pool.seconds(2, {}).to).toBe(4)
  })

  it('adds no more units at once, and not sooner after the last addition, than is allowed', () => {
    const pool = new Pool({ scaleOut: { step: 2, cooldownMs: 3000 } })
    expect(pool.decide({ demand: 3000 })).toMatchObject({ to: 3, wanted: 6, limits: ['step'] })
    const second = pool.decide({ demand: 3000 })
    expect(second).toMatchObject({ to: 3, limits: ['cooldown'] })
    expect(second.reason).toContain('the last change was less than 3 s ago')
    expect(pool.seconds(2, { demand: 3000 }).to).toBe(5)
  })

  it('waits for no cooldown where it is urgent', () => {
    const pool = new Pool({ scaleOut: { step: null, cooldownMs: 60_000 } })
    pool.decide({ demand: 900 })
    expect(pool.decide({ demand: 3000, refused: { ...NO_TIERS, bulk: 1 } }).to).toBe(6)
  })

  it('does not let a clock that was set back lengthen a cooldown', () => {
    const pool = new Pool({ scaleOut: { step: null, cooldownMs: 5000 } })
    pool.decide({ demand: 900 })
    pool.at -= 3_600_000
    expect(pool.decide({ demand: 3000 }).to).toBe(6)
  })

  it('stays within its bounds, whatever is needed', () => {
    const pool = new Pool({ min: 2, max: 5 })
    const low = pool.decide({ demand: 0 })
    expect(low).toMatchObject({ to: 2, policy: 'reactive' })
    const high = pool.decide({ demand: 9000 })
    expect(high).toMatchObject({ wanted: 18, to: 5, limits: ['max'] })
    expect(high.reason).toContain('the maximum is 5')
  })

  it('costs no more per hour than it may', () => {
    const cost = { ...POLICY.cost, currency: 'EUR', perUnitHour: 0.5, ceilingPerHour: 1.5 }
    const choice = new Pool({ cost, min: 5, max: 10 }).decide({ demand: 9000 })
    expect(choice).toMatchObject({ to: 3, limits: ['cost-ceiling'] })
    expect(choice.reason).toContain('1.5 EUR per hour allow 3')
  })
})

describe('forecasts in a policy', () => {
  it('add units before the load is there, with the buffer', () => {
    const pool = new Pool({ predictive: { ...POLICY.predictive, buffer: 0.5 } })
    const choice = pool.decide({ demand: 400 }, { forecast: forecastOf(1000, 'factory opens') })
    expect(choice).toMatchObject({ to: 3, policy: 'predictive' })
    expect(choice.reason).toContain('up to 1,000/s expected within 10 s (factory opens) need 3.00')
    const plain = new Pool().decide({ demand: 400 }, { forecast: forecastOf(1000) })
    expect(plain.reason).toContain('expected within 10 s need 2.00')
  })

  it('never take units away', () => {
    const pool = new Pool({}, 4)
    expect(pool.seconds(60, { demand: 1900 }, { forecast: forecastOf(0) }).to).toBe(4)
  })

  it('count for nothing where they are switched off or are no number', () => {
    const off = new Pool({ predictive: { ...POLICY.predictive, enabled: false } })
    expect(off.decide({}, { forecast: forecastOf(9000) }).to).toBe(1)
    expect(new Pool().decide({}, { forecast: forecastOf(NaN) }).to).toBe(1)
  })
})

describe('what is set apart', () => {
  it('comes on top of what the load needs, at its highest instant', () => {
    const holds = [
      hold({ id: 'a', from: START - 1000, until: START + 5000, units: 2 }),
      hold({ id: 'b', from: START + 4000, units: 1 }),
      hold({ id: 'c', from: START + 5000, units: 2 }),
    ]
    const choice = new Pool().decide({ demand: 400 }, { holds })
    expect(choice).toMatchObject({ to: 4, policy: 'reservation' })
    expect(choice.reason).toContain('3 set apart')
  })

  it('is given back after', () => {
    const pool = new Pool({}, 3)
    pool.decide({ demand: 400 }, { holds: [hold({})] })
    expect(pool.units).toBe(3)
    expect(pool.seconds(31, { demand: 400 }).to).toBe(1)
  })
})

describe('a schedule in a policy', () => {
  const shift = {
    ...{ name: 'shift', starts: '2026-01-05T06:00', timezone: 'UTC', durationMs: 3_600_000 },
    ...{ rrule: 'FREQ=DAILY', min: 4, max: null },
  }
  const at = Date.UTC(2026, 0, 6, 6)

  it('has its minimum before the window begins', () => {
    const pool = new Pool({ schedule: [shift] })
    expect(pool.decide({}, { at: at - 11_000 }).to).toBe(1)
    const choice = pool.decide({}, { at: at - 10_000 })
    expect(choice).toMatchObject({ to: 4, policy: 'schedule' })
    expect(choice.reason).toContain('the schedule shift asks for 4')
  })

  it('allows no more than its maximum during the window', () => {
    const pool = new Pool({ schedule: [{ ...shift, min: null, max: 2 }] })
    const choice = pool.decide({ demand: 4000 }, { at })
    expect(choice).toMatchObject({ to: 2, limits: ['schedule'] })
    expect(choice.reason).toContain('the schedule shift allows 2')
    expect(pool.decide({ demand: 4000 }, { at: at - 10_000 }).to).toBe(8)
  })
})

describe('an override', () => {
  const override = { units: 7, until: START + 5000, by: 'ops', comment: '' }

  it('holds whatever the load is, at once, until its time is over', () => {
    const pool = new Pool()
    pool.policy.overrideBy(override)
    const choice = pool.decide({ demand: 1900 })
    expect(choice).toMatchObject({ to: 7, policy: 'override', limits: [] })
    expect(choice.reason).toBe('ops asked for 7; from 1 to 7')
    expect(pool.policy.override).toEqual(override)
    pool.seconds(4, { demand: 0 })
    expect(pool.decide({ demand: 4000 })).toMatchObject({ to: 8, policy: 'reactive' })
    expect(pool.policy.override).toBeNull()
  })

  it('stays within the bounds', () => {
    const pool = new Pool({ max: 5, min: 2 })
    pool.policy.overrideBy({ ...override, until: null })
    expect(pool.decide()).toMatchObject({ to: 5, limits: ['max'] })
    pool.policy.overrideBy({ ...override, units: 1 })
    const low = pool.decide()
    expect(low).toMatchObject({ to: 2, limits: ['min'] })
    expect(low.reason).toContain('the minimum is 2')
  })
})

describe('a policy while it runs', () => {
  it('goes by what it was changed to', () => {
    const pool = new Pool()
    pool.policy.change({ ...POLICY, max: 2 })
    expect(pool.decide({ demand: 4000 }).to).toBe(2)
    const window = { name: 'w', starts: '2026-01-05T00:00', timezone: 'UTC', durationMs: 60_000, rrule: '' }
    pool.policy.change({ ...POLICY, schedule: [{ ...window, min: 3, max: null }] })
    expect(pool.decide().to).toBe(3)
    expect(pool.policy.options.schedule).toHaveLength(1)
    expect(pool.policy.scheduledBetween(START, START + 1)).toBe(3)
  })

  it('goes on where it was after a restart', () => {
    const pool = new Pool({ scaleOut: { step: null, cooldownMs: 60_000 } }, 1)
    pool.decide({ demand: 1900 })
    pool.policy.overrideBy({ units: 3, until: null, by: 'ops', comment: '' })
    const kept = JSON.parse(JSON.stringify(pool.policy.kept())) as ReturnType<PoolPolicy['kept']>
    const again = new PoolPolicy(pool.policy.options, kept)
    expect(again.override).toMatchObject({ units: 3 })
    again.overrideBy(null)
    const inputs = { ...INPUTS, demand: 3000 }
    const situation = { at: START + 2000, from: 4, forecast: null, holds: [], inputs }
    expect(again.decide(situation)).toMatchObject({ to: 4, limits: ['cooldown'] })
  })
})
