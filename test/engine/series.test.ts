import { describe, expect, it } from 'vitest'
import { isIdle, startEngine, until } from './rig.ts'
import { counting } from './recorded.ts'

describe('GET /v1/series/{device}/{metric}', () => {
  it('tells the exact count, the last value and the minute of a series', async () => {
    const engine = await startEngine({ metrics: { temperature: { unit: '°C' } }, pool: { size: 2, max: 2 } })
    const { port } = await engine.listen()
    engine.devices.register('oven', { tier: 'premium', region: 'asia' })
    const minute = 60_000 * 20_000_000
    const reading = (value: number, time: number) => ({ device: 'oven', metric: 'temperature', value, time })
    await engine.ingest(counting(5000).map((i) => reading(i, minute - 60_000 + i)))
    await engine.ingest([reading(10, minute), reading(30, minute + 59_999), reading(20, minute + 30_000)])
    // late: counted, but in no window any more
    await engine.ingest([reading(-99, minute - 1)])
    await until(() => isIdle(engine), 'all worked through')
    const response = await fetch(`http://127.0.0.1:${port}/v1/series/oven/temperature`)
    expect(await response.json()).toMatchObject({
      ...{ device: 'oven', metric: 'temperature', tier: 'premium', region: 'asia', count: 5004 },
      last: { time: minute + 59_999, value: 30 },
      window: { start: minute, end: minute + 60_000, count: 3, mean: 20, min: 10, max: 30 },
    })
    for (const path of ['nobody/temperature', 'oven/pressure'])
      expect((await fetch(`http://127.0.0.1:${port}/v1/series/${path}`)).status).toBe(404)
  })

  it('counts each of many series exactly, whatever the pool does meanwhile', async () => {
    const engine = await startEngine({ pool: { size: 1, max: 3 } })
    const { port } = await engine.listen()
    for (const round of counting(20)) {
      const readings = counting(3000).map((i) => ({
        device: `d${i % (10 + round)}`,
        metric: 'value',
        value: i,
      }))
      await Promise.all([engine.ingest(readings), engine.setPoolSize((round % 3) + 1)])
    }
    await until(() => isIdle(engine), 'all worked through')
    const expected = counting(29).map((d) =>
      counting(20).reduce((sum, round) => {
        const devices = 10 + round
        return d >= devices ? sum : sum + Math.ceil((3000 - d) / devices)
      }, 0),
    )
    const counts = await Promise.all(
      counting(29).map(async (d) => {
        const response = await fetch(`http://127.0.0.1:${port}/v1/series/d${d}/value`)
        return ((await response.json()) as { count: number }).count
      }),
    )
    expect(counts).toEqual(expected)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60_000)
  })
})
