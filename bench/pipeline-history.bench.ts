/**
 * Statistics (count, mean, min, max a minute) of devices that send once a second, from a file of each format, by `millrace run`'s
 * own threads on two cores; compared with one. The target: 10,000 devices × 1 h in at most 5 s.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { frameOf, putReading, viewOf } from '../src/client/frame-encoder.ts'
import { deviceIdOf } from '../src/core/ids.ts'
import { openInput } from '../src/history/input/open-input.ts'
import { HistoryRun } from '../src/history/run/history-run.ts'
import { startThread } from '../src/history/run/run-thread.ts'
import { PLAIN_FIELDS } from '../src/history/scan/columns.ts'
import { NodeDisk } from '../src/storage/disk/node-disk.ts'
import { plainRoom } from '../src/storage/journal/checksum.ts'
import { type BenchCase, benchCase, type BenchResult, benchResult } from './bench.ts'

interface Size {
  readonly devices: number
  readonly seconds: number
  readonly formats: readonly ('mrf' | 'csv' | 'ndjson')[]
}

export const sizes: { small: Size; full: Size } = {
  small: { devices: 100, seconds: 120, formats: ['mrf', 'csv', 'ndjson'] },
  full: { devices: 10_000, seconds: 3600, formats: ['mrf', 'csv', 'ndjson'] },
}

const START = Date.UTC(2026, 0, 1)
const PIPELINE = new URL('./pipeline-history.pipeline.js', import.meta.url).href
const RUNTIME = new URL('../dist/history/run/pipeline-stream.js', import.meta.url).href

export async function run(size: Size): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-history-bench-'))
  const cases: BenchCase[] = []
  try {
    for (const format of size.formats) {
      const path = join(folder, `readings.${format}`)
      write(path, format, size)
      const one = await statistics(path, 1)
      const two = await statistics(path, 2)
      const readings = size.devices * size.seconds
      cases.push(
        benchCase(
          `${format}: ${readings} readings, 2 threads`,
          'readings/s',
          readings / two.seconds,
          { name: '1 thread', value: readings / one.seconds },
          readings - two.readings + (one.results - two.results),
        ),
      )
      rmSync(path)
    }
    return benchResult(cases)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function statistics(path: string, threads: number) {
  const parts = {
    disk: new NodeDisk(),
    room: async () => plainRoom(),
    stdin: process.stdin,
    say: () => undefined,
  }
  const input = await openInput(path, undefined, parts)
  const begin = performance.now()
  const summary = await new HistoryRun({
    inputs: [input],
    order: {
      ...{ shares: threads, url: PIPELINE, formats: [input.format], fields: PLAIN_FIELDS, devices: [] },
      ...{ dictionary: [[1, 'power']], metrics: [], defaultTier: 'standard', latenessMs: undefined, topic: undefined },
      ...{ untilMs: Infinity, fromMs: -Infinity, toMs: Infinity },
    },
    start: (order, events) => startThread(order, RUNTIME, events),
    write: () => undefined,
    onFault: ({ message }) => console.error(message),
    onDeadLetter: (letter) => console.error(letter),
    onProgress: () => undefined,
  }).run()
  return { ...summary, seconds: (performance.now() - begin) / 1000 }
}

function write(path: string, format: Size['formats'][number], { devices, seconds }: Size): void {
  const file = openSync(path, 'w')
  if (format === 'csv') writeSync(file, 'device,metric,value,time\n')
  for (let second = 0; second < seconds; second++)
    writeSync(file, format === 'mrf' ? frame(second, devices) : lines(second, devices, format))
  closeSync(file)
}

const valueAt = (second: number, device: number): number => ((second * 31 + device * 17) % 4000) / 10

function lines(second: number, devices: number, format: 'csv' | 'ndjson'): Buffer {
  const time = START + second * 1000
  const line = (device: number): string =>
    format === 'csv'
      ? `meter-${device},power,${valueAt(second, device)},${time}\n`
      : `{"device":"meter-${device}","metric":"power","value":${valueAt(second, device)},"time":${time}}\n`
  return Buffer.from(Array.from({ length: devices }, (_, device) => line(device)).join(''))
}

const ids = new Map<number, number>()

function frame(second: number, devices: number): Buffer {
  const bytes = new Uint8Array(32 * devices)
  const view = viewOf(bytes)
  for (let device = 0; device < devices; device++) {
    const id = ids.get(device) ?? deviceIdOf(`meter-${device}`)
    ids.set(device, id)
    putReading(view, 32 * device, id, 1, valueAt(second, device), START + second * 1000, NaN, NaN)
  }
  const whole = frameOf(0, bytes, 0).bytes
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32LE(whole.length)
  return Buffer.concat([prefix, whole])
}
