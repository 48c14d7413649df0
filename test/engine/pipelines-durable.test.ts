import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import type { TestReading } from '../../src/testing/index.ts'
import { killedNow, newFolder, startDurable } from './durable-rig.ts'
import { mustEqual } from '../same.ts'
import { copyOf, expected, Heard, inOrder } from './heard.ts'
import { counting } from './recorded.ts'
import { isIdle, until } from './rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-kept-'))
afterAll(() => rmSync(folder, { recursive: true }))

const START = Date.parse('2026-01-01T00:00:00Z')
/** As many as it takes for one of each shard: what is put together of all shards waits for each. */
const DEVICES = counting(340).map((i) => ({ name: `d${i}`, region: ['north', 'south'][i % 2] }))
const known = Object.fromEntries(DEVICES.map(({ name, region }) => [name, { region }]))
const TOPICS = ['tumbling', 'region', 'sliding', 'session', 'pairs']

/** Of every device one reading at each of these seconds. */
const readingsAt = (...seconds: number[]): TestReading[] =>
  seconds.flatMap((second) =>
    DEVICES.map(({ name, region }, i) => ({
      ...{ device: name, region, tier: 'standard' as const, metric: 'value', value: i },
      at: START + second * 1000 + i,
    })),
  )
const inputOf = ({ device, metric, value, at }: TestReading) => ({ device, metric, value, time: Number(at) })

describe('windows of an engine that is killed', () => {
  it.each([{ isChecked: false }, { isChecked: true }])(
    'come out as if it had not been (checkpoint between: $isChecked)',
    async ({ isChecked }) => {
      const url = copyOf(folder, 'windows')
      const config: ConfigInput = {
        ...{ pipelines: [url], devices: DEVICES, pool: { size: 2 } },
        regions: ['north', 'south'].map((name, i) => ({ name, geohash: ['bc'[i]] })),
      }
      const first = readingsAt(0, 10, 30, 65)
      const second = readingsAt(75, 100)
      const third = readingsAt(110, 130, 200, 7200)
      const want = await expected(url, [...first, ...second, ...third], known)
      let dataDir = newFolder()
      let engine = await startDurable(dataDir, config)
      const earlier = [new Heard(engine)]
      await engine.ingest(first.map(inputOf))
      await until(() => isIdle(engine), 'the first')
      if (isChecked) {
        await engine.close()
        engine = await startDurable(dataDir, config)
        earlier.push(new Heard(engine))
      }
      await engine.ingest(second.map(inputOf))
      await until(() => isIdle(engine), 'the second')
      dataDir = killedNow(dataDir)
      const again = await startDurable(dataDir, config)
      // what came before the kill may come again, with the same ids
      const heard = new Heard(again, earlier)
      await again.ingest(third.map(inputOf))
      const closed = TOPICS.map((topic) => ({
        topic,
        items: want(topic).filter(({ end }) => (end as number) <= START + 7_100_000),
      }))
      const shown = () =>
        closed.map(({ topic, items }) => `${topic} ${heard.count(topic)} of ${items.length}`)
      await until(
        () => closed.every(({ topic, items }) => heard.count(topic) >= items.length),
        () => shown().join(),
      )
      for (const { topic, items } of closed) mustEqual(inOrder(heard.items(topic)), inOrder(items), topic)
      expect(again.pipelines.list()[0]).toMatchObject({ late: 0 })
    },
  )
})
