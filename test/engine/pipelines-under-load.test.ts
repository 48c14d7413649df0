import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { TIERS } from '../../src/core/tiers.ts'
import type { TestReading } from '../../src/testing/index.ts'
import { mustEqual } from '../same.ts'
import { copyOf, expected, Heard, inOrder } from './heard.ts'
import { counting } from './recorded.ts'
import { isIdle, startEngine, until } from './rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-once-'))
afterAll(() => rmSync(folder, { recursive: true }))

const START = Date.parse('2026-01-01T00:00:00Z')
const REGIONS = ['north', 'south', 'west']
/** What is handed over at once, of ten times as many and the last ones. */
const BATCH = 200
const TOPICS = ['tumbling', 'sliding', 'region', 'tier', 'session']
/** As many as it takes for one of each shard: what is put together of all shards waits for each. */
const DEVICES = counting(340).map((i) => ({
  ...{ name: `d${i}`, tier: TIERS[i % 4], region: REGIONS[i % 3] },
}))
const known = Object.fromEntries(DEVICES.map(({ name, ...entry }) => [name, entry]))

/** Of all devices, ten minutes of event time, out of order by less than the lateness. */
function makeReadings(count: number, seed: number): TestReading[] {
  const random = seededRandom(seed)
  const spanMs = 600_000
  const readings = counting(count).map((i) => {
    const { name: device, tier, region } = DEVICES[Math.floor(random() * DEVICES.length)]
    const at = START + Math.floor((i / count) * spanMs + random() * 9000)
    const metric = random() < 0.3 ? 'other' : 'value'
    return { device, tier, region, metric, value: Math.floor(random() * 1000) - 50, at }
  })
  // the end: everything closes for all devices
  const last = DEVICES.map(({ name, tier, region }) => ({
    ...{ device: name, tier, region, metric: 'value', value: 1, at: START + 7_200_000 },
  }))
  return [...readings, ...last]
}

const inputOf = ({ device, metric, value, at }: TestReading) => ({ device, metric, value, time: Number(at) })

describe('windows under load', () => {
  it.each([
    { what: 'a pool that is resized', poison: '' },
    { what: 'workers that crash and hang', poison: '500,503,779,300' },
  ])('give each result once, with $what', async ({ what, poison }) => {
    const once = join(folder, what.replaceAll(' ', '-'))
    const url = copyOf(folder, 'windows', { poison, once })
    const engine = await startEngine({
      pipelines: [url],
      devices: DEVICES,
      regions: REGIONS.map((name, index) => ({ name, geohash: ['bcd'[index]] })),
      limits: { backlogBytes: 32 * 1024 * 1024 },
      pool: { size: 2, min: 1, max: 2, hangTimeoutMs: 400 },
    })
    const heard = new Heard(engine)
    const readings = makeReadings(10 * BATCH, 7)
    for (const value of poison.split(',').filter(Boolean))
      expect(readings.filter((one) => one.value === Number(value)).length, value).toBeGreaterThan(0)
    const want = await expected(copyOf(folder, 'windows'), readings, known)
    for (const [round, i] of counting(Math.ceil(readings.length / BATCH)).entries()) {
      const batch = readings.slice(i * BATCH, (i + 1) * BATCH).map(inputOf)
      expect(await engine.ingest(batch)).toMatchObject({ refused: [], reason: '' })
      if (round % 4 === 3) await engine.setPoolSize(round % 8 === 3 ? 1 : 2)
    }
    await until(() => isIdle(engine), 'all worked through')
    const closed = TOPICS.map((topic) => ({
      topic,
      items: want(topic).filter(({ end }) => (end as number) <= START + 7_190_000),
    }))
    await until(
      () => closed.every(({ topic, items }) => heard.count(topic) >= items.length),
      () =>
        closed.map(({ topic, items }) => `${topic} ${heard.count(topic)} of ${items.length}`).join(', ') +
        JSON.stringify(engine.pipelines.list()),
    )
    for (const { topic, items } of closed) mustEqual(inOrder(heard.items(topic)), inOrder(items), topic)
    if (poison !== '') expect(engine.stats().pool.replaced).toBeGreaterThan(0)
    expect(engine.pipelines.list()[0]).toMatchObject({ late: 0, failed: 0 })
  })
})
