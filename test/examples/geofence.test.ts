import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ROOT, runNode } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-geofence-'))
afterAll(() => rmSync(folder, { recursive: true }))

const EXAMPLE = `${ROOT}examples/geofence`

describe('examples/geofence', { timeout: 120_000 }, () => {
  it('tells of trucks outside and inside of areas, live as over recorded readings', async () => {
    const [input, output] = [join(folder, 'fleet.ndjson'), join(folder, 'alerts.ndjson')]
    expect((await runNode(`${EXAMPLE}/fleet.js`, input)).code).toBe(0)
    const run = ['run', `${EXAMPLE}/fences.yaml`, '-i', input, '-o', output, '--threads', '2']
    const [recorded, live] = await Promise.all([
      runNode(`${ROOT}dist/cli.js`, ...run),
      runNode(`${EXAMPLE}/main.js`),
    ])
    expect(recorded).toMatchObject({ code: 0, err: '' })
    expect(live).toMatchObject({ code: 0, err: '' })
    const lines = readFileSync(output, 'utf8').trim().split('\n')
    const alerts = lines.map((line) => JSON.parse(line) as Readonly<Record<string, string | number>>)
    // further readings of an alert that is open are not news
    const seen = new Set<string>()
    const news = alerts.flatMap(({ alert, state, key, time }) => {
      const name = `${alert} ${key}`
      if (state === 'raised' && seen.has(name)) return []
      if (state === 'raised') seen.add(name)
      else seen.delete(name)
      return [`${new Date(Number(time)).toISOString()} ${state} ${name}`]
    })
    expect(
      live.out
        .trim()
        .split('\n')
        .map((line) => line.split(': ')[0])
        .sort(),
    ).toEqual(news.sort())
    const raised = new Set(
      news.filter((line) => line.includes(' raised ')).map((line) => line.split(' raised ')[1]),
    )
    expect([...raised].sort()).toEqual([
      'inner-zone truck-4/speed',
      'inner-zone truck-5/speed',
      'off-limits truck-2/speed',
      'parked-in-zone truck-5',
    ])
  })
})
