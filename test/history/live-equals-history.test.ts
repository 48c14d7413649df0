/** What a pipeline says live, in an engine with two workers, is what `millrace run` says of the same readings, result by result. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { deviceIdOf } from '../../src/core/ids.ts'
import { SHARDS } from '../../src/core/limits.ts'
import { seededRandom } from '../../src/core/random.ts'
import { TIERS } from '../../src/core/tiers.ts'
import { openStream } from '../../src/history/run/pipeline-stream.ts'
import { shardOfDevice } from '../../src/history/scan/shard-of-device.ts'
import { Heard, inOrder, PROGRAM } from '../engine/heard.ts'
import { isIdle, startEngine, until } from '../engine/rig.ts'
import { newFolder, runSums } from './history-rig.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const SPAN_MS = 600_000
const END = START + 7_200_000
/** What closes later live waits for readings that don't come. */
const CLOSED = END - 10_000
const REGIONS = ['north', 'south', 'west']
const TOPICS = [
  'tumbling',
  'sliding',
  'region',
  'tier',
  'session',
  'first',
  'few',
  'some',
  'steps',
  'pairs',
  'tens',
  'minutes',
]
/** Two of each shard: one that has none would hold back groups of all. */
const DEVICES = devicesPerShard(2).map((name, i) => ({ name, tier: TIERS[i % 4], region: REGIONS[i % 3] }))

function devicesPerShard(count: number): string[] {
  const found = Array.from({ length: SHARDS }, (): string[] => [])
  for (let i = 0; found.some(({ length }) => length < count); i++) {
    const names = found[shardOfDevice(deviceIdOf(`d${i}`))]
    if (names.length < count) names.push(`d${i}`)
  }
  return found.flat()
}

/** In ten minutes of event time, out of order by less than the lateness; then one of each device that closes everything. */
function readingsOf(count: number, seed: number) {
  const random = seededRandom(seed)
  const readings = Array.from({ length: count }, (_, i) => ({
    device: DEVICES[Math.floor(random() * DEVICES.length)].name,
    metric: random() < 0.3 ? 'other' : 'value',
    value: Math.floor(random() * 1000),
    time: START + Math.floor((i / count) * SPAN_MS + random() * 9000),
  }))
  return [...readings, ...DEVICES.map(({ name }) => ({ device: name, metric: 'value', value: 1, time: END }))]
}

function copyOf(folder: string, fixture: string): string {
  const path = join(folder, fixture.split('/').at(-1)!)
  const text = readFileSync(new URL(fixture, import.meta.url), 'utf8').replaceAll(
    "'millrace'",
    `'${PROGRAM}'`,
  )
  writeFileSync(path, text)
  return pathToFileURL(path).href
}

type Result = Readonly<Record<string, unknown>>

const timeOf = ({ end, time }: Result): number => Number(end ?? time)

/** Alerts by when they began; those that were raised go on until they are cleared. */
function raisedIn(recorded: readonly Result[]): string[] {
  const open = new Set<unknown>()
  const raised: string[] = []
  for (const { alert, key, state, time } of recorded) {
    if (alert === undefined || timeOf({ time }) > CLOSED) continue
    if (state === 'raised' && !open.has(key)) raised.push([alert, key, time].join(' '))
    if (state === 'raised') open.add(key)
    else open.delete(key)
  }
  return raised.sort()
}

it('gives the results of the live run, one by one', async () => {
  const folder = newFolder()
  const urls = [copyOf(folder, '../engine/fixtures/windows.js'), copyOf(folder, './stages.fixture.js')]
  const readings = readingsOf(2400, 7)
  const path = join(folder, 'readings.ndjson')
  writeFileSync(path, readings.map((reading) => `${JSON.stringify(reading)}\n`).join(''))
  const recorded: Result[] = []
  for (const url of urls) {
    const { lines, summary } = await runSums([path], 2, { url, open: openStream, devices: DEVICES })
    expect(summary).toMatchObject({ readings: readings.length, late: 0, deadLetters: 0 })
    recorded.push(...lines.map((line) => JSON.parse(line) as Result))
  }
  const wanted = new Map<unknown, Result[]>(TOPICS.map((topic) => [topic, []]))
  for (const { topic, ...item } of recorded) if (timeOf(item) <= CLOSED) wanted.get(topic)?.push(item)
  const inTopic = (topic: string): Result[] => wanted.get(topic) ?? []

  const engine = await startEngine({
    pipelines: urls,
    devices: DEVICES,
    regions: REGIONS.map((name, index) => ({ name, geohash: ['bcd'[index]] })),
    limits: { backlogBytes: 32 * 1024 * 1024 },
    pool: { size: 2 },
  })
  const heard = new Heard(engine)
  const alerts = new Set<string>()
  engine.on('alert', ({ rule, key, startsAt }) => alerts.add(`${rule} ${key} ${startsAt}`))
  for (let from = 0; from < readings.length; from += 1000)
    expect(await engine.ingest(readings.slice(from, from + 1000))).toMatchObject({ refused: [], reason: '' })
  await until(() => isIdle(engine), 'all worked through')
  const live = (topic: string): Result[] => heard.items(topic).filter((item) => timeOf(item) <= CLOSED)
  const raised = raisedIn(recorded)
  // what is counted first costs nothing
  const isThere = (topic: string): boolean =>
    heard.count(topic) >= inTopic(topic).length && live(topic).length >= inTopic(topic).length
  await until(
    () => TOPICS.every((topic) => isThere(topic)) && alerts.size >= raised.length,
    () =>
      TOPICS.map((topic) => `${topic} ${live(topic).length} of ${inTopic(topic).length}`).join(', ') +
      `, alerts ${alerts.size} of ${raised.length}`,
    60_000,
  )
  for (const topic of TOPICS) {
    expect(inTopic(topic).length).toBeGreaterThan(20)
    expect([topic, ...inOrder(live(topic))]).toEqual([topic, ...inOrder(inTopic(topic))])
  }
  expect(raised.length).toBeGreaterThan(10)
  expect([...alerts].sort()).toEqual(raised)
}, 120_000)
