import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testPipeline, type TestReading } from '../../src/testing/index.ts'
import { ROOT, runNode } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-patterns-'))
afterAll(() => rmSync(folder, { recursive: true }))
const plant = join(folder, 'plant.ndjson')

type Line = Readonly<Record<string, unknown>>
const linesOf = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

/** What a pipeline says over recorded readings. */
async function recorded(name: string): Promise<Line[]> {
  const output = join(folder, `${name}.ndjson`)
  const args = ['run', `${ROOT}examples/patterns/${name}.js`, '-i', plant, '-o', output, '--threads', '2']
  const { code, err } = await runNode(`${ROOT}lib/cli.js`, ...args)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return linesOf(output)
}

/** The same readings, one after the other as they come. */
async function live(name: string) {
  const module = (await import(`${ROOT}examples/patterns/${name}.js`)) as { readonly default: unknown }
  const t = testPipeline(module.default, { start: '2026-01-01T00:00:00Z' })
  for (const { time, ...reading } of linesOf(plant))
    t.send({ ...reading, at: time } as unknown as TestReading)
  return t.finish()
}

/** What of it has come to its end when all is quiet: nothing comes after the last reading. */
const END = Date.UTC(2026, 0, 1, 1)

const alertsIn = (lines: readonly Line[]) =>
  lines.flatMap(({ alert, key, time }) =>
    alert === undefined ? [] : [{ rule: alert as string, key: key as string, time }],
  )

describe('examples/patterns over an hour of a plant', () => {
  beforeAll(async () => {
    await runNode(`${ROOT}examples/patterns/plant.js`, plant)
  })

  it.each([
    ['predictive-maintenance', { rule: 'silent', key: 'pump-4' }],
    ['security-breach', { rule: 'breach', key: 'gateway-1' }],
  ])('%s says the same of recorded and of live readings', async (name, first) => {
    const [lines, t] = await Promise.all([recorded(name), live(name)])
    const alerts = t.alerts.map(({ rule, key, time }) => ({ rule, key, time }))
    expect(alerts[0]).toMatchObject(first)
    const inOrder = (all: readonly object[]): string[] => all.map((one) => JSON.stringify(one)).sort()
    expect(inOrder(alertsIn(lines))).toEqual(inOrder(alerts))
    if (name !== 'predictive-maintenance') return
    const worn = lines
      .filter(({ topic }) => topic === 'wearing')
      .map(({ pump, bearing }) => ({ pump, bearing }))
    expect(worn).toEqual(t.results<Line>('wearing').map(({ pump, bearing }) => ({ pump, bearing })))
    expect(worn[0].pump).toBe('pump-2')
  })

  it('are found in a running engine', async () => {
    const [wearing, breach, { code, out, err }] = await Promise.all([
      recorded('predictive-maintenance'),
      recorded('security-breach'),
      runNode(`${ROOT}examples/patterns/main.js`),
    ])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const raised = alertsIn([...wearing, ...breach]).filter(({ time }) => Number(time) < END)
    const words = raised.map(
      ({ rule, key, time }) => `${new Date(Number(time)).toISOString()} raised ${rule} ${key}`,
    )
    const worn = wearing.flatMap(({ topic, pump, from, to, bearing }) =>
      topic === 'wearing' ? [`wearing ${JSON.stringify({ pump, from, to, bearing })}`] : [],
    )
    const said = out
      .trim()
      .split('\n')
      .map((line) => (line.startsWith('wearing') ? line : line.split(': ')[0]))
    expect(said.sort()).toEqual([...words, ...worn].sort())
    expect(said).toHaveLength(5)
  })
})
