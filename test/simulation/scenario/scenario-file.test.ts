import { describe, expect, it } from 'vitest'
import { parseScenario } from '../../../src/simulation/scenario/scenario-file.ts'
import { traceOf } from '../../../src/simulation/scenario/trace.ts'

const LEAST = `
name: least
duration: 1m
fleet:
  - { name: a, devices: 1, every: 1s }
`
const parse = (text: string) => parseScenario(text, 'x.yaml')

describe('parseScenario', () => {
  it('fills in what is left out', () => {
    const { duration, pools, regions, fleet, seed } = parse(LEAST)
    expect(duration).toBe(60_000)
    expect(pools).toMatchObject([{ name: 'pool', unit: 'node', policy: { min: 1, max: 16 } }])
    expect(regions).toMatchObject([{ name: 'home', zone: 'UTC' }])
    expect(fleet).toMatchObject([{ devices: 1, every: 1000, tier: 'standard' }])
    expect(seed).toBe(1)
  })

  it('reads counts, rates, shares, durations and ranges as people write them', () => {
    const { fleet, pools, faults } = parse(`${LEAST}
  - { name: b, devices: 1.5M, every: 1m30s }
pools:
  - { serviceRate: 90k/m, spread: 5%, start: [10s, 1m] }
faults:
  - crash: { at: [1s, 2s], units: 3 }
    chance: 25%
`)
    expect(fleet[1]).toMatchObject({ devices: 1_500_000, every: 90_000 })
    expect(pools[0]).toMatchObject({
      serviceRate: 1500,
      spread: 0.05,
      start: { least: 10_000, most: 60_000 },
    })
    expect(faults[0]).toMatchObject({ crash: { units: { least: 3, most: 3 } }, chance: 0.25 })
  })

  it.each([
    ['duration: 0s', 'x.yaml:3:1: duration: "0s" is not allowed; give a duration of more than 0'],
    ['durration: 1m', 'unknown key ("1m"); did you mean duration?'],
  ])('says where it is wrong: %s', (line, message) => {
    expect(() => parse(LEAST.replace('duration: 1m', line))).toThrow(message)
  })

  it.each([
    [
      'faults: [{ crash: { at: 1s }, down: { at: 1s, for: 1s } }]',
      'x.yaml:6:10: faults[0]: says crash and down; give one',
    ],
    ['faults: [{ chance: 50% }]', 'faults[0]: says nothing; give one of crash, down'],
    [
      'faults: [{ crash: { at: 1s, pool: north } }]',
      'faults[0].crash.pool: "north" is no pool; there are pool',
    ],
    ['anomalies: [{ at: 1s, for: 1s, devices: 1%, groups: [b] }]', '"b" is no group; there are a'],
    [
      'regions: [{ name: n }, { name: s }]\npools: [{ regions: [n] }]',
      '"s" is served by 0 pools; let it be one',
    ],
    ['pools: [{ name: a }, { name: b }]', '"home" is served by 2 pools'],
    ['tick: 5s', 'tick: 5000 ms is not allowed; give at most 1s'],
    ['expect: { p99: { premium: -1s } }', 'expect.p99.premium: "-1s" is not allowed'],
    [
      'maintenance: [{ name: m, at: 1h, for: 1m, capacity: 10%, rrule: FREQ=HOURLY }]',
      'maintenance[0].rrule',
    ],
    [
      'maintenance: [{ name: m, at: 1h, for: 1m, capacity: 10%, after: [n] }]',
      'maintenance[0].after: "n" is no operation of this pool before it; there is none',
    ],
    [
      'forecast: { events: [{ name: e, starts: 2026-03-02T06:00, duration: 1h, factor: 4, regions: [mars] }] }',
      'forecast.events[0].regions: "mars" is no region; there are home',
    ],
    [
      'forecast: { events: [{ name: e, starts: six, duration: 1h, factor: 4 }] }',
      'forecast.events[0].starts: "six" is not allowed; give a local time such as 2026-11-02T06:00',
    ],
    [
      'pools: [{ degradation: { ladder: [{ do: pause-pipelines, pipelines: [p] }] } }]',
      'pools[0].degradation.ladder[0].pipelines: "p" is no pipeline of spares.pipelines; there is none',
    ],
    ['pools: [{ spares: { pipelines: { p: 60%, q: 50% } } }]', 'they take 1.1 of the work in all'],
    ['start: someday', 'start: "someday" is not allowed; give a date and time'],
    ['regions: [{ name: n, zone: Mars/Base }]', 'regions[0].zone: "Mars/Base" is not allowed'],
    ['pools: [{ policy: { min: 1, max: 2, targetUtilisation: 7 } }]', 'pools[0].policy.targetUtilisation: 7'],
  ])('refuses what cannot be meant: %s', (line, message) => {
    expect(() => parse(`${LEAST}${line}\n`)).toThrow(message)
  })

  it('refuses a group that is in two ways somewhere, and shares that are not the whole', () => {
    const group = (where: string) => LEAST.replace('every: 1s', `every: 1s, ${where}`)
    expect(() => parse(group('region: home, places: [{ lat: 1, lon: 1 }]'))).toThrow('says region and places')
    expect(() => parse(group('regions: { home: 90% }'))).toThrow('the shares are 0.9 in all')
    expect(() => parse(group('region: elsewhere'))).toThrow('"elsewhere" is no region; there are home')
  })
})

describe('traceOf', () => {
  it('takes a column', () => {
    expect(traceOf('time,value\n1,2\n2,4\n', 't.csv', 'value')).toMatchObject({ mean: 3, peak: 4 })
  })

  it.each([
    ['time,load\n1,2\n', 't.csv:1: no column is called value; there are time, load'],
    ['time,value\n1,2\n2,x\n', 't.csv:3: value: "x" is not allowed'],
    ['time,value\n', 't.csv: no rows'],
    ['value\n0\n', 'value is 0 in every row'],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => traceOf(text, 't.csv', 'value')).toThrow(message)
  })
})
