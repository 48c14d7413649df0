import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runMillrace } from '../../src/cli/run.ts'
import { simulateCommand } from '../../src/cli/simulate.ts'
import { systemClock } from '../../src/core/clock.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-simulate-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SCENARIO = `
name: small
duration: 20s
fleet: [{ name: a, devices: 100, every: 1s }]
pools: [{ serviceRate: 1k/s, workers: 1, policy: { min: 1, max: 1 } }]
expect: { lost: 0 }
`
function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const good = file('good.yaml', SCENARIO)
const bad = file('bad.yaml', SCENARIO.replace('lost: 0', 'units: { reached: 2 }'))

async function millrace(...args: string[]) {
  const [out, err]: string[][] = [[], []]
  const terminal = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) }
  const parts = { ...terminal, stopRequested: () => Promise.resolve('') }
  const code = await runMillrace(
    ['simulate', ...args],
    [simulateCommand({ terminal: parts, clock: systemClock() })],
    parts,
  )
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('millrace simulate', () => {
  it('exits with 0 when all objectives held, and with 1 when one was missed', async () => {
    const held = await millrace(good)
    expect(held).toMatchObject({ code: 0, err: '' })
    expect(held.out).toContain('held    lost  0')
    const missed = await millrace(good, bad)
    expect(missed).toMatchObject({ code: 1, err: 'millrace: not all objectives held' })
    expect(missed.out).toContain('MISSED  units reached  1  (expected ≥ 2)')
  })

  it('answers in JSON', async () => {
    const { out } = await millrace(good, '--json')
    expect(JSON.parse(out)).toMatchObject({
      scenario: 'small',
      seed: 1,
      held: true,
      pools: [{ readings: 2000 }],
    })
  })

  it('writes a timeline and a picture', async () => {
    const [csv, json, svg] = ['t.csv', 't.json', 't.svg'].map((name) => join(folder, name))
    await millrace(good, '--timeline', csv, '--step', '5s', '--svg', svg)
    expect(readFileSync(csv, 'utf8').trimEnd().split('\n')).toHaveLength(5)
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg/)
    await millrace(good, '--timeline', json, '--step', '5s')
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject([
      { name: 'pool', rows: [{ demand: 100 }, {}, {}, {}] },
    ])
  })

  it('tells how to play a failing seed again', async () => {
    const { code, out } = await millrace(bad, '--seeds', '2', '--seed', '5')
    expect(code).toBe(1)
    expect(out).toContain('small: 0 of 2 seeds held')
    expect(out).toContain(`millrace simulate ${bad} --seed 6: units reached 1 (expected ≥ 2)`)
    expect(await millrace(good, '--seeds', '2', '--json')).toMatchObject({
      code: 0,
      out: expect.stringContaining('"failed":[]') as string,
    })
  })

  it('plays all scenarios of a folder', async () => {
    const suite = join(folder, 'suite')
    mkdirSync(join(suite, 'calendars'), { recursive: true })
    file('suite/calendars/holidays.yaml', 'events: []')
    file('suite/b.yaml', SCENARIO.replace('small', 'second').replace('lost: 0', 'units: { reached: 2 }'))
    file('suite/a.yml', SCENARIO.replace('small', 'first'))
    file('suite/readme.md', 'no scenario')
    const { code, out, err } = await millrace(suite, '--seeds', '2')
    expect({ code, err }).toEqual({ code: 1, err: 'millrace: not all objectives held' })
    const [first, second, ...failed] = out.split('\n')
    expect(first).toMatch(/^first: 2 of 2 seeds held, after [\d.]+ s$/)
    expect(second).toMatch(/^second: 0 of 2 seeds held, after/)
    expect(failed).toHaveLength(2)
    expect((await millrace(join(suite, 'calendars', '..'), '--check')).out.split('\n')).toHaveLength(2)
    expect(await millrace(suite, '--svg', join(folder, 'all.svg'))).toMatchObject({
      code: 2,
      err: 'millrace: a timeline or a picture is of one scenario; give one',
    })
    mkdirSync(join(folder, 'empty'))
    expect(await millrace(join(folder, 'empty'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('no scenario is in') as string,
    })
  })

  it('explains decisions', async () => {
    expect((await millrace(good, '--explain', '--no-forecast')).out).toMatch(/Z pool \w+: .*100\/s/)
  })

  it('checks without playing, and has a schema', async () => {
    expect(await millrace(good, '--check')).toEqual({ code: 0, out: `${good}: all good`, err: '' })
    const faulty = file('faulty.yaml', SCENARIO.replace('20s', 'soon'))
    expect(await millrace(faulty, '--check')).toMatchObject({
      code: 2,
      err: expect.stringContaining('faulty.yaml:3:1: duration') as string,
    })
    expect(JSON.parse((await millrace('--schema')).out)).toMatchObject({ title: 'Millrace scenario' })
    expect(await millrace()).toMatchObject({ code: 2, err: 'millrace: no scenario is given' })
    expect(await millrace(good, '--seeds', '0')).toMatchObject({ code: 2 })
    expect(await millrace(good, '--step', '1ms')).toMatchObject({ code: 2 })
  })
})
