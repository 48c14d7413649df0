import { describe, expect, it } from 'vitest'
import { parseRules, rulesSchema } from '../../../src/engine/config/rules-file.ts'
import { testPipeline } from '../../../src/testing/index.ts'
import { runningSets } from '../../../src/pipelines/rules/rules-pipeline.ts'
import { rulesAt, rulesUrl } from '../../../src/pipelines/rules/rules-url.ts'

const faultsOf = (text: string): string[] => {
  try {
    parseRules(text, 'r.yaml')
  } catch (error) {
    return (error as Error).message.split('\n')
  }
  return []
}

const line = (rule: string): string => `rules:\n  - { name: a, ${rule} }\n`

describe('a file of rules', () => {
  it('becomes complete rules', () => {
    const text = `
rules:
  - name: too-warm
    metrics: temperature
    devices: ['truck-*', 'van-*']
    threshold: { above: 8, hysteresis: 2 }
    for: 2m
    severity: high
`
    expect(parseRules(text, '/etc/yard rules.yaml')).toEqual({
      ...{ name: 'rules-yard-rules', stateBytes: 64 << 20 },
      rules: [
        {
          ...{ name: 'too-warm', metrics: ['temperature'], forMs: 120_000, severity: 'high' },
          devices: { names: ['truck-*', 'van-*'], tiers: [], regions: [], tenants: [], attributes: {} },
          condition: { kind: 'threshold', above: 8, below: undefined, hysteresis: 2 },
          ...{ message: undefined, labels: {}, showsPending: false, silent: false },
        },
      ],
    })
  })

  it.each([
    [
      'missing: { for: often }',
      /r\.yaml:2:\d+: rules\[0\]\.missing\.for: "often" is not allowed; give a duration/,
    ],
    ['threshold: { abov: 8 }', /rules\[0\]\.threshold\.abov: unknown key \(8\); did you mean above\?/],
    ['threshold: {}', /rules\[0\]\.threshold: no limit; give above, below or both/],
    ['threshold: { above: 1, below: 0, hysteresis: 1 }', /nothing is between below 0 and above 1/],
    ['severity: high', /rules\[0\]: no condition; give one of threshold, deviation/],
    ['missing: { for: 1m }, flat: { for: 1m }', /2 conditions \(missing, flat\); give one of/],
    ['missing: { for: 1m }, for: 2m', /rules\[0\]\.for: not allowed with missing/],
    ['flat: { for: 1m }, message: "{devic}"', /\{devic\} is not known; allowed: \{rule\}, \{key\}/],
    ['composite: { all: [b] }', /rules\[0\]\.composite\.all\[0\]: "b" is no rule of this file/],
    ['composite: { none: [] }', /no member; give some in all or any/],
    ['geofence: { when: inside, area: { type: Point } }', /rules\[0\]\.geofence\.area/],
    ['deviation: { from: peers, above: 4, over: 1m }', /deviation\.from: peers need a group/],
    ['deviation: { from: peers, above: 4, group: tenant }', /deviation\.from: peers need a time: give over/],
    ['deviation: { above: 4, group: tenant }', /deviation\.group: only with from: peers/],
    ['deviation: { from: peers, above: 4, group: colour, over: 1m }', /group.*attribute:<name>/],
    [
      'deviation: { from: peers, above: 4, hysteresis: 4, group: all, over: 1m }',
      /deviation\.above: give more than 0, and more than the hysteresis/,
    ],
    [
      'deviation: { from: peers, above: 4, group: all, over: 1m, every: 40s }',
      /deviation\.every: give a whole part of over/,
    ],
    [
      'deviation: { from: peers, above: 4, group: all, over: 1m }, message: "{region}"',
      /\{region\} is not known; allowed: .*\{members\}/,
    ],
    ['threshold: { above: hot }', /rules\[0\]\.threshold\.above: "hot" is not allowed; give a number/],
  ])('is refused with place, value and what is allowed: %s', (rule, message) => {
    expect(faultsOf(line(rule))).toEqual([expect.stringMatching(message)])
  })

  it('says all that is wrong, and of names that are there twice', () => {
    const twice = 'rules:\n  - { name: a, flat: { for: 1m } }\n  - { name: a, flat: { for: 0 } }\n'
    expect(faultsOf(twice)).toHaveLength(1)
    expect(faultsOf(twice.replace('for: 0', 'for: 2m'))).toEqual([
      'r.yaml:3:7: rules[1].name: "a" is the name of rules[0]; give another',
    ])
  })

  it('has a schema for editors', () => {
    expect(rulesSchema()).toMatchObject({ title: 'Millrace rules', properties: { rules: { type: 'array' } } })
  })

  it('goes anywhere as a URL, and runs as the pipeline it becomes', () => {
    const url = rulesUrl(
      parseRules(
        `
rules:
  - { name: hot, metrics: temperature, threshold: { above: 80 }, silent: true }
  - { name: still, metrics: speed, flat: { for: 1m }, silent: true }
  - { name: away, geofence: { when: outside, area: { type: Polygon, coordinates: [[[0,0],[1,0],[1,1],[0,1],[0,0]]] } }, silent: true }
  - { name: burning, composite: { all: [hot, still], none: [away] }, severity: critical, message: '{device} burns' }
`,
        'burning.yaml',
      ),
    )
    const t = testPipeline(rulesAt(url)).registry({ oven: {} })
    t.send({ device: 'oven', metric: 'temperature', value: 90, at: '0s' })
    for (const at of ['0s', '30s', '61s'] as const) t.send({ device: 'oven', metric: 'speed', value: 3, at })
    expect(t.alerts).toMatchObject([{ rule: 'burning', key: 'oven', clear: false, message: 'oven burns' }])
    t.send({ device: 'oven', metric: 'position', value: 0, at: '70s', lat: 5, lon: 5 })
    expect(t.alerts.at(-1)).toMatchObject({ rule: 'burning', key: 'oven', clear: true })
    t.send({ device: 'oven', metric: 'position', value: 0, at: '80s', lat: 0.5, lon: 0.5 })
    expect(t.alerts.at(-1)).toMatchObject({ rule: 'burning', clear: false })
    t.send({ device: 'oven', metric: 'temperature', value: 20, at: '90s' })
    expect(t.alerts.map(({ clear }) => clear)).toEqual([false, true, false, true])
  })

  it('compares devices with their peers, and says what it has found', () => {
    const set = parseRules(
      `
rules:
  - name: odd
    metrics: temperature
    devices: 'truck-*'
    deviation: { from: peers, group: [tenant, 'attribute:model'], over: 1m, above: 4, below: -4, hysteresis: 1 }
  - { name: hot, threshold: { above: 90 } }
`,
      'yard.yaml',
    )
    expect(runningSets(set).map(({ name, rules }) => [name, rules.length])).toEqual([
      ['rules-yard', 1],
      ['rules-yard-peers', 1],
    ])
    const trucks = Array.from({ length: 9 }, (_, i) => `truck-${i}`)
    const known = { tenant: 'acme', attributes: { model: 'm1' } }
    const t = testPipeline(rulesAt(rulesUrl(set)))
      .registry(Object.fromEntries([...trucks, 'van'].map((name) => [name, known])))
      .registry({ 'truck-x': { tenant: 'other', attributes: { model: 'm1' } } })
    const minute = (at: number, odd: number): void => {
      t.send(
        [...trucks, 'van', 'truck-x'].map((device, i) => ({
          ...{ device, metric: 'temperature', at: 60_000 * at + Date.parse('2027-01-01') + 1000 },
          value: device === 'truck-7' ? odd : device.startsWith('truck-') && i < 9 ? 5 + i / 10 : 500,
        })),
      )
    }
    minute(0, 20)
    minute(1, 20)
    minute(2, 5.7)
    t.finish()
    const odd = t.alerts.filter(({ rule }) => rule === 'odd')
    const message = 'truck-7/temperature: 20 is 49.24 deviations above 5.4, the middle of 9 (acme/m1)'
    expect(odd.map(({ key, clear }) => `${key} ${clear}`)).toEqual([
      'truck-7/temperature false',
      'truck-7/temperature false',
      'truck-7/temperature true',
    ])
    expect(odd[0]).toMatchObject({ message, value: 20, time: Date.parse('2027-01-01') + 60_000 })
    expect(t.alerts.find(({ rule }) => rule === 'hot')?.message).toBe('van/temperature: 500 is above 90')
  })
})
