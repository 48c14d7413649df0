import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { deviceIdOf } from '../../src/core/ids.ts'
import { DeviceList } from '../../src/history/device-list.ts'
import { observed } from '../../src/history/outputs-of.ts'
import { openStream } from '../../src/history/run/pipeline-stream.ts'
import { ResultLines } from '../../src/history/run/result-lines.ts'
import { RunNames } from '../../src/history/run/run-names.ts'
import { shardOfDevice } from '../../src/history/scan/shard-of-device.ts'
import { loadDefinition } from '../../src/pipelines/load-definition.ts'
import { TestBlock } from '../../src/testing/test-block.ts'
import { newFolder, runSums } from './history-rig.ts'

const WINDOWS = new URL('./windows.pipeline.js', import.meta.url).href
const START = Date.UTC(2026, 0, 1)
const END = START + 3_600_000
const METRICS = ['power', 'voltage']
const uncounted = {
  shown: () => undefined,
  late: () => undefined,
  failed: () => undefined,
  results: () => undefined,
}

interface Reading {
  readonly device: string
  readonly metric: string
  readonly value: number
  readonly time: number
}

/** A second or so between readings, and up to four out of order: nothing is late. */
const readings = fc
  .array(
    fc.record({
      device: fc.nat(40),
      metric: fc.nat(1),
      value: fc.integer({ min: -99, max: 99 }),
      back: fc.nat(4000),
    }),
    {
      minLength: 1,
      maxLength: 1500,
    },
  )
  .map((rows) =>
    rows.map(({ device, metric, value, back }, i) => ({
      ...{ device: `meter-${device}`, metric: METRICS[metric], value, time: START + 10_000 + 97 * i - back },
    })),
  )

/** As a worker would show them: shard by shard, in slices of up to `rows`, and the watermark after each. */
async function direct(all: readonly Reading[], rows: number): Promise<string[]> {
  const devices = new DeviceList(all.map(({ device }) => ({ name: device })))
  const names = new RunNames(devices, METRICS)
  names.learn([], ['unassigned'])
  const { definition, topics } = observed(await loadDefinition(WINDOWS))
  const outlet = new ResultLines(names, topics)
  const { stream } = openStream({
    definition,
    outlet,
    lookup: names,
    counts: uncounted,
    owner: 1,
    shared: undefined,
  })
  for (let shard = 0; shard < 64; shard++) {
    const own = all.filter(({ device }) => shardOfDevice(deviceIdOf(device)) === shard)
    let latest = -Infinity
    for (let from = 0; from < own.length; from += rows) {
      const block = new TestBlock()
      for (const { device, metric, value, time } of own.slice(from, from + rows)) {
        const numbers = { device: deviceIdOf(device), metric: METRICS.indexOf(metric) + 1 }
        block.put(shard, { ...numbers, value, time, lat: NaN, lon: NaN, score: 0, region: 0, tier: 2 })
      }
      stream.process(shard, block, latest - 5000)
      latest = Math.max(latest, block.latest())
      stream.advance(shard, latest - 5000)
    }
  }
  for (let shard = 0; shard < 64; shard++) stream.advance(shard, END)
  stream.advanceCombined(END)
  return new TextDecoder().decode(outlet.take().lines.text).split('\n').slice(0, -1)
}

it('gives the results that the same readings give when they are shown slice by slice', async () => {
  const path = join(newFolder(), 'readings.ndjson')
  await fc.assert(
    fc.asyncProperty(readings, fc.integer({ min: 1, max: 256 }), async (all, rows) => {
      writeFileSync(path, all.map((reading) => `${JSON.stringify(reading)}\n`).join(''))
      const expected = await direct(all, rows)
      for (const threads of [1, 3]) {
        const { lines, summary } = await runSums([path], threads, { url: WINDOWS, open: openStream })
        expect(summary).toMatchObject({ readings: all.length, late: 0, faults: 0 })
        expect([...lines].sort()).toEqual([...expected].sort())
      }
    }),
    { numRuns: 12 },
  )
}, 120_000)
