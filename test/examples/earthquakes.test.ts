import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type TestOptions, testPipeline } from 'millrace/testing'
import { catalogue } from '../../examples/earthquakes/catalogue.js'
import strong from '../../examples/earthquakes/strong.js'
import { ROOT, runNode } from './run.ts'

const EXAMPLE = `${ROOT}examples/earthquakes`
const folder = mkdtempSync(join(tmpdir(), 'millrace-earthquakes-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Line {
  readonly incident?: string
  readonly change: string
  readonly members: number
}

const settings = JSON.parse(readFileSync(`${EXAMPLE}/swarms.json`, 'utf8')) as TestOptions

describe('examples/earthquakes', { timeout: 120_000 }, () => {
  it('finds the swarms of a real week, in one incident each, live, by millrace run and in the testing kit', async () => {
    const [input, output] = [join(folder, 'quakes.ndjson'), join(folder, 'swarms.ndjson')]
    expect((await runNode(`${EXAMPLE}/catalogue.js`, input)).code).toBe(0)
    const args = ['-i', input, '-o', output, '--config', `${EXAMPLE}/swarms.json`, '--threads', '2', '--json']
    const [{ code, out, err }, recorded] = await Promise.all([
      runNode(`${EXAMPLE}/main.js`),
      runNode(`${ROOT}dist/cli.js`, 'run', `${EXAMPLE}/strong.js`, ...args),
    ])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(recorded).toMatchObject({ code: 0, err: '' })
    const lines = out.trimEnd().split('\n')
    const said = /^(\d+) quakes at (\d+) stations: (\d+) swarms$/m.exec(out)!.slice(1).map(Number)
    const { quakes, places } = catalogue()
    expect(said.slice(0, 2)).toEqual([quakes, places.size])
    expect(said[2]).toBeGreaterThan(2)
    expect(said[2]).toBeLessThan(60)
    const largest = Number(/^(\d+) stations around/m.exec(out)![1])
    expect(largest).toBeGreaterThan(20)
    expect(lines.filter((line) => line.startsWith('  probably from '))).toHaveLength(Math.min(5, said[2]))

    const ended = readFileSync(output, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
      .filter(({ incident, change }) => incident !== undefined && change === 'ended')
    const sizes = ended.map(({ members }) => members).sort((a, b) => b - a)
    // a week in seconds: live, anomalies of a few hours come in any order, and a small swarm may be two
    expect(Math.abs(ended.length - said[2])).toBeLessThanOrEqual(2)
    expect(Math.abs(sizes[0] - largest)).toBeLessThanOrEqual(0.1 * largest)
    expect((JSON.parse(recorded.out) as { incidents: number }).incidents).toBeGreaterThanOrEqual(ended.length)

    const t = testPipeline(strong, settings)
    for (const { time, ...reading } of catalogue().readings) t.send({ ...reading, at: time })
    t.finish()
    const found = t.incidents.filter(({ reason }) => reason !== 'merged')
    expect(found.map(({ members }) => members).sort((a, b) => b - a)).toEqual(sizes)
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set(ended.map(({ incident }) => incident)))
  })

  it('is seen by a pipeline in the testing kit, too', () => {
    const t = testPipeline(strong)
    const { readings } = catalogue()
    for (const { time, ...reading } of readings) t.send({ ...reading, at: time })
    t.advance('1d')
    expect(t.alerts.some(({ rule, clear }) => rule === 'strong' && !clear)).toBe(true)
  })
})
