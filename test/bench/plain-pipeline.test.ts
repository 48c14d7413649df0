import { expect, it } from 'vitest'
import { PlainPipeline } from '../../bench/plain-pipeline/pipeline.js'
import { regionFinder } from '../../bench/plain-pipeline/regions.js'
import { seededRandom } from '../../src/core/random.ts'
import { createEngine } from '../../src/engine/create-engine.ts'
import { defaultRegions } from '../../src/engine/config/default-regions.ts'

const TIME = 1_767_225_600_000

it('the plain pipeline and the engine give the same answers', async () => {
  const random = seededRandom(11)
  const places = Array.from({ length: 20 }, () => ({ lat: random() * 170 - 85, lon: random() * 350 - 175 }))
  const readings = Array.from({ length: 4000 }, (_, i) => {
    const device = i % places.length
    const value = random() < 0.01 ? 90 : 20 + device + random()
    return { device: `dev-${device}`, metric: 'value', value, time: TIME + i * 500, ...places[device] }
  })
  const plain = new PlainPipeline({ regionOf: regionFinder(defaultRegions) })
  plain.message(JSON.stringify(readings))
  const engine = await createEngine({ port: 0 })
  try {
    await engine.ingest(readings)
    const { port } = await engine.listen()
    while (engine.stats().account.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(engine.stats().account.processed).toBe(plain.processed)
    expect(engine.stats().anomalies.detected).toBe(plain.anomalies)
    expect(plain.anomalies).toBeGreaterThan(0)
    for (let device = 0; device < places.length; device++) {
      const response = await fetch(`http://127.0.0.1:${port}/v1/series/dev-${device}/value`)
      const series = (await response.json()) as Record<string, unknown>
      const own = plain.seriesOf(`dev-${device}`, 'value')!
      expect(series).toMatchObject({ tier: own.tier, region: own.region, count: own.total, last: own.last })
      expect(series.mean).toBeCloseTo(own.mean, 9)
      expect(series.deviation).toBeCloseTo(Math.sqrt(own.variance), 9)
      const { start, count, min, max, sum } = own.window!
      expect(series.window).toMatchObject({ start, count, min, max })
      expect((series.window as { mean: number }).mean).toBeCloseTo(sum / count, 9)
    }
  } finally {
    await engine.close()
  }
})
