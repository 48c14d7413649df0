import { describe, expect, it } from 'vitest'
import { reportOf } from '../../../src/simulation/result/report.ts'
import { simulate } from '../../../src/simulation/run/simulation.ts'
import { loadedScenario } from '../loaded-scenario.ts'

const played = async (maintenance: string, duration: string) => {
  const scenario = loadedScenario(`
duration: ${duration}
fleet: [{ name: a, devices: 500, every: 1s, tier: premium }]
pools: [{ serviceRate: 1k/s, workers: 1, spread: 0, start: 10s, units: 2, policy: { min: 1, max: 4 } }]
maintenance:
${maintenance}
`)
  const outcome = await simulate(scenario, { timeline: false, forecasts: false })
  return reportOf(outcome).pools[0]
}

describe('maintenance', () => {
  it('comes again by its rule, and is judged by its worst time', async () => {
    const again = (hours: string) =>
      `rrule: 'FREQ=DAILY;COUNT=2;BYHOUR=${hours}', for: [5m, 10m], capacity: 25%`
    const { operations, operationTimes } = await played(
      `  - { name: backup, at: 1h, ${again('1,3')} }\n  - { name: flaky, at: 2h, ${again('2,4')}, fails: 1 }`,
      '5h30m',
    )
    expect(operations).toEqual({ backup: 'succeeded', flaky: 'rescheduled' })
    expect(operationTimes).toEqual({ backup: 2, flaky: 2 })
  })

  it('waits for what it depends on', async () => {
    const { operations } = await played(
      [
        '  - { name: database, at: 1h, for: 20m, capacity: 25%, fails: 1 }',
        '  - { name: firmware, at: 1h30m, for: 20m, capacity: 25%, after: [database] }',
      ].join('\n'),
      '4h',
    )
    expect(operations).toEqual({ database: 'rescheduled', firmware: 'moved' })
  })

  it('does not come when what it depends on is given up, or refused', async () => {
    const { operations } = await played(
      [
        '  - { name: database, at: 1h, for: 20m, capacity: 25%, fails: 9, retries: 1 }',
        '  - { name: firmware, at: 3h, for: 20m, capacity: 25%, after: [database] }',
        '  - { name: everything, at: 4h, for: 20m, capacity: 100% }',
        '  - { name: rest, at: 5h, for: 20m, capacity: 25%, after: [everything] }',
      ].join('\n'),
      '6h',
    )
    expect(operations).toEqual({
      database: 'failed',
      firmware: 'canceled',
      everything: 'refused',
      rest: 'refused',
    })
  })
})
