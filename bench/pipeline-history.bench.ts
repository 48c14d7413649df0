/**
 * Statistics (count, mean, min, max a minute) of devices that send once a second, from a file of each format, by `millrace run`'s
 * own threads on two cores; compared with plain code (lines, JSON.parse or split, a Map) over the first minutes of the same, whose
 * results must be equal. The target: 10,000 devices × 1 h in at most 5 s.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openInput } from '../src/history/input/open-input.ts'
import { HistoryRun } from '../src/history/run/history-run.ts'
import { startThread } from '../src/history/run/run-thread.ts'
import { PLAIN_FIELDS } from '../src/history/scan/columns.ts'
import { NodeDisk } from '../src/storage/disk/node-disk.ts'
import { plainRoom } from '../src/storage/journal/checksum.ts'
import { type BenchCase, benchCase, type BenchResult, benchResult } from './bench.ts'
import { type RecordedFormat, writeReadings } from './pipeline-history-input.ts'
import { plainStatistics, type PlainSums } from './pipeline-history-plain.ts'

interface Size {
  readonly devices: number
  readonly seconds: number
  /** Of them, for the plain way. */
  readonly plainSeconds: number
  readonly formats: readonly RecordedFormat[]
}

export const sizes: { small: Size; full: Size } = {
  small: { devices: 100, seconds: 120, plainSeconds: 60, formats: ['mrf', 'csv', 'ndjson'] },
  full: { devices: 10_000, seconds: 3600, plainSeconds: 60, formats: ['mrf', 'csv', 'ndjson'] },
}

const PIPELINE = new URL('./pipeline-history.pipeline.js', import.meta.url).href
const RUNTIME = new URL('../lib/history/run/pipeline-stream.js', import.meta.url).href

export async function run(size: Size): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-history-bench-'))
  const cases: BenchCase[] = []
  try {
    for (const format of size.formats)
      cases.push(await compared(join(folder, `readings.${format}`), format, size))
    return benchResult(cases)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function compared(
  path: string,
  format: RecordedFormat,
  { devices, seconds, plainSeconds }: Size,
): Promise<BenchCase> {
  writeReadings(path, format, devices, plainSeconds)
  const begin = performance.now()
  const sums = await plainStatistics(path, format)
  const plainMs = performance.now() - begin
  const wrong = differences(sums, (await statistics(path, true)).lines)
  writeReadings(path, format, devices, seconds)
  const whole = await statistics(path, false)
  rmSync(path)
  const readings = devices * seconds
  const missing = readings - whole.readings + devices * Math.ceil(seconds / 60) - whole.results
  return benchCase(
    `${format}: ${readings} readings in ${whole.seconds.toFixed(2)} s, 2 threads`,
    'readings/s',
    readings / whole.seconds,
    { name: 'lines into a Map', value: (devices * plainSeconds) / (plainMs / 1000) },
    wrong + missing,
  )
}

async function statistics(path: string, isKept: boolean) {
  const parts = {
    disk: new NodeDisk(),
    room: async () => plainRoom(),
    stdin: process.stdin,
    say: () => undefined,
  }
  const input = await openInput(path, undefined, parts)
  const lines: string[] = []
  const decoder = new TextDecoder()
  const begin = performance.now()
  const summary = await new HistoryRun({
    inputs: [input],
    order: {
      ...{ shares: 2, url: PIPELINE, formats: [input.format], fields: PLAIN_FIELDS, devices: [] },
      ...{ dictionary: [[1, 'power']], metrics: [], defaultTier: 'standard', latenessMs: undefined },
      ...{ untilMs: Infinity, fromMs: -Infinity, toMs: Infinity, topic: undefined },
    },
    start: (order, events) => startThread(order, RUNTIME, events),
    write: (text) => void (isKept && lines.push(...decoder.decode(text).split('\n').slice(0, -1))),
    onFault: ({ message }) => console.error(message),
    onDeadLetter: (letter) => console.error(letter),
    onProgress: () => undefined,
  }).run()
  return { ...summary, lines, seconds: (performance.now() - begin) / 1000 }
}

/** Results that are not as the plain way has them, and those that are missing. */
function differences(sums: PlainSums, lines: readonly string[]): number {
  const right = lines.filter((line) => {
    const { device, end, n, mean, least, most } = JSON.parse(line) as Record<string, number>
    const sum = sums.get(`${device} ${end}`)
    if (sum === undefined) return false
    const isNear = Math.abs(sum.sum / sum.n - mean) < 1e-9
    return sum.n === n && sum.least === least && sum.most === most && isNear
  })
  return Math.max(sums.size, lines.length) - right.length
}
