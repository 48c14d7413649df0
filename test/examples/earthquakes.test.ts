import { describe, expect, it } from 'vitest'
import { testPipeline } from 'millrace/testing'
import { catalogue } from '../../examples/earthquakes/catalogue.js'
import strong from '../../examples/earthquakes/strong.js'
import { ROOT, runNode } from './run.ts'

describe('examples/earthquakes', { timeout: 120_000 }, () => {
  it('finds the swarms of a real week, in one incident each', async () => {
    const { code, out, err } = await runNode(`${ROOT}examples/earthquakes/main.js`)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = out.trimEnd().split('\n')
    const said = /^(\d+) quakes at (\d+) stations: (\d+) swarms$/m.exec(out)!.slice(1).map(Number)
    const { quakes, places } = catalogue()
    expect(said.slice(0, 2)).toEqual([quakes, places.size])
    expect(said[2]).toBeGreaterThan(2)
    expect(said[2]).toBeLessThan(60)
    const largest = Number(/^(\d+) stations around/m.exec(out)![1])
    expect(largest).toBeGreaterThan(20)
    expect(lines.filter((line) => line.startsWith('  probably from '))).toHaveLength(Math.min(5, said[2]))
  })

  it('is seen by a pipeline in the testing kit, too', () => {
    const t = testPipeline(strong)
    const { readings } = catalogue()
    for (const { time, ...reading } of readings) t.send({ ...reading, at: time })
    t.advance('1d')
    expect(t.alerts.some(({ rule, clear }) => rule === 'strong' && !clear)).toBe(true)
  })
})
