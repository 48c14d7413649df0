import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { frameOf, putReading, viewOf } from '../../src/client/frame-encoder.ts'
import { newCourse } from '../../src/client/frame.ts'
import { deviceIdOf } from '../../src/core/ids.ts'
import { newFolder, runSums } from './history-rig.ts'

const START = 1_767_225_600_000
const DEVICES = Array.from({ length: 50 }, (_, i) => `meter-${i}`)

interface Reading {
  readonly device: string
  readonly metric: string
  readonly value: number
  readonly time: number
}

/** So many seconds of readings, more than one chunk of text; some of each second come in the next one. */
function readings(seconds: number): Reading[] {
  return Array.from({ length: seconds }, (_, second) =>
    DEVICES.flatMap((device, i) => [
      {
        device,
        metric: 'temperature',
        value: (i * 7 + second) % 40,
        time: START + second * 1000 - (i % 3) * 900,
      },
      { device, metric: 'humidity', value: 0.5 * i + second / 8, time: START + second * 1000 },
    ]),
  ).flat()
}

/** What must come out, computed plainly. */
function expected(all: readonly Reading[]): string[] {
  const sums = new Map<string, { series: string; end: number; n: number; sum: number }>()
  for (const { device, metric, value, time } of all) {
    const end = (Math.floor(time / 60_000) + 1) * 60_000
    const series = `${device}/${metric}`
    const sum = sums.get(`${series}:${end}`) ?? { series, end, n: 0, sum: 0 }
    sums.set(`${series}:${end}`, { ...sum, n: sum.n + 1, sum: sum.sum + value })
  }
  return [...sums.values()]
    .map((sum) => ({ end: sum.end, text: JSON.stringify({ topic: 'sums', ...sum }) }))
    .sort((a, b) => a.end - b.end || (a.text < b.text ? -1 : 1))
    .map(({ text }) => text)
}

const ndjson = (all: readonly Reading[]): string =>
  all.map((reading) => `${JSON.stringify(reading)}\n`).join('')

const csv = (all: readonly Reading[]): string =>
  [
    'time,device,metric,value',
    ...all.map(({ time, device, metric, value }) => [time, device, metric, value].join()),
  ].join('\r\n')

function frames(all: readonly Reading[]): Buffer {
  const parts: Uint8Array[] = []
  for (let at = 0; at < all.length; at += 1000) {
    const some = all.slice(at, at + 1000)
    const bytes = new Uint8Array(32 * some.length)
    some.forEach(({ device, metric, value, time }, i) => {
      const id = metric === 'temperature' ? 7 : 8
      putReading(viewOf(bytes), 32 * i, deviceIdOf(device), id, value, time, NaN, NaN)
    })
    const frame = frameOf(0, bytes, newCourse(0)).bytes
    const prefix = new Uint8Array(4)
    viewOf(prefix).setUint32(0, frame.length, true)
    parts.push(prefix, frame)
  }
  return Buffer.concat(parts)
}

describe('HistoryRun', () => {
  const all = readings(700)
  const wanted = expected(all)
  const folder = newFolder()
  const paths = {
    ndjson: join(folder, 'a.ndjson'),
    csv: join(folder, 'a.csv'),
    gz: join(folder, 'a.ndjson.gz'),
  }
  writeFileSync(paths.ndjson, ndjson(all))
  writeFileSync(paths.csv, csv(all))
  writeFileSync(paths.gz, gzipSync(ndjson(all)))
  writeFileSync(join(folder, 'a.mrf'), frames(all))

  it.each(Object.entries(paths))(
    'gives the same results in the same order by 1, 2 and 3 threads: %s',
    async (_, path) => {
      for (const threads of [1, 2, 3]) {
        const { lines, summary, faults } = await runSums([path], threads)
        expect(faults).toEqual([])
        expect(lines).toEqual(wanted)
        expect(summary).toMatchObject({
          readings: all.length,
          results: wanted.length,
          late: 0,
          faults: 0,
          threads,
        })
      }
    },
  )

  it('reads frames of the wire protocol, with names from a dictionary and a list of devices', async () => {
    const { lines, summary } = await runSums([join(folder, 'a.mrf')], 2, {
      dictionary: [
        [7, 'temperature'],
        [8, 'humidity'],
      ],
      devices: DEVICES.map((name) => ({ name })),
    })
    expect(summary.readings).toBe(all.length)
    expect(lines).toEqual(wanted)
  })

  it('reads frames behind one that is none, wherever their words come to lie', async () => {
    const junk = Buffer.alloc(4 + 21)
    junk.writeUInt32LE(21)
    const path = join(folder, 'b.mrf')
    writeFileSync(
      path,
      Buffer.concat([junk, frames(all.slice(0, 3000)), junk, junk, frames(all.slice(3000))]),
    )
    const { lines, faults, summary } = await runSums([path], 2, {
      dictionary: [
        [7, 'temperature'],
        [8, 'humidity'],
      ],
      devices: DEVICES.map((name) => ({ name })),
    })
    expect(faults.map(({ number, unit }) => `${unit} ${number}`)).toEqual(['frame 1', 'frame 5', 'frame 6'])
    expect(summary).toMatchObject({ readings: all.length, faults: 3 })
    expect(lines).toEqual(wanted)
  })

  it('reads standard input, however it is cut', async () => {
    const bytes = Buffer.from(ndjson(all.slice(0, 5000)))
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += 7777) yield bytes.subarray(at, at + 7777)
    }
    const { lines } = await runSums(['-'], 2, { stdin: pieces() })
    expect(lines).toEqual(expected(all.slice(0, 5000)))
  })

  it('takes only what lies in the range that is asked for', async () => {
    const [fromMs, toMs] = [START + 120_000, START + 180_000]
    const { lines } = await runSums([paths.ndjson], 2, { fromMs, toMs })
    expect(lines).toEqual(expected(all.filter(({ time }) => time >= fromMs && time < toMs)))
  })

  it('tells what is wrong with the line it is wrong in, and goes on', async () => {
    const path = join(folder, 'faulty.ndjson')
    const lines = ndjson(all.slice(0, 60_000)).split('\n')
    lines[3] = '{"device":"a","metric":"temperature","value":"warm","time":1}'
    lines[4] = 'nothing'
    lines[55_001] = '{"device":"a","metric":"temperature","value":1}'
    writeFileSync(path, lines.join('\n'))
    for (const threads of [1, 3]) {
      const { faults, summary } = await runSums([path], threads)
      expect(summary).toMatchObject({ faults: 3, readings: 59_997 })
      expect(faults.map(({ number, message }) => `${number}: ${message}`)).toEqual([
        '4: "value" must be a number or a boolean, not "warm"',
        expect.stringContaining('5: not valid JSON'),
        '55002: "time" is missing',
      ])
    }
  })

  it('counts what comes too late, the same for any number of threads', async () => {
    const path = join(folder, 'late.ndjson')
    writeFileSync(path, ndjson([...all.slice(0, 20_000), ...all.slice(0, 500), ...all.slice(20_000, 30_000)]))
    const one = await runSums([path], 1)
    const three = await runSums([path], 3)
    expect(one.summary.late).toBeGreaterThan(400)
    expect(three.summary.late).toBe(one.summary.late)
    expect(three.lines).toEqual(one.lines)
  })

  it('says which file it cannot read a line of', async () => {
    const path = join(folder, 'endless.ndjson')
    writeFileSync(path, 'x'.repeat(6 << 20))
    await expect(runSums([path], 1)).rejects.toThrow(
      /endless.ndjson: the line at byte 4194304 is longer than/,
    )
  })

  it('says that a pipeline cannot be loaded', async () => {
    await expect(runSums([paths.ndjson], 1, { url: 'file:///nowhere.js' })).rejects.toThrow(
      /cannot be loaded/,
    )
  })
})
