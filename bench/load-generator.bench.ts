/**
 * What `millrace load` itself can send, against a process on the other core that reads and discards. The sink counts
 * exactly the bytes that were sent.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { loadOptions } from '../src/load/options.ts'
import type { LoadReport } from '../src/load/report.ts'
import { runLoad } from '../src/load/run.ts'
import { type BenchCase, type BenchResult, benchResult } from './bench.ts'
import { type Against, atLeast, figure } from './e2e/figures.ts'

export interface Size {
  readonly devices: number
  readonly duration: string
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { devices: 1000, duration: '200ms' },
  full: { devices: 1_000_000, duration: '5s' },
}

interface Case {
  readonly name: string
  readonly frame: number
  readonly format: 'binary' | 'json'
  readonly unit: 'frames/s' | 'readings/s'
}

interface Sent {
  readonly report: LoadReport
  /** Bytes that came in at the sink, without those of close frames. */
  readonly countedBytes: number
}

const SINGLE: Case = { name: '1 reading per frame', frame: 1, format: 'binary', unit: 'frames/s' }
const THOUSAND: Case = { name: 'frames of 1,000', frame: 1000, format: 'binary', unit: 'readings/s' }
const JSON_SINGLE: Case = { name: 'JSON, 1 reading per message', frame: 1, format: 'json', unit: 'frames/s' }

const CLOSE_FRAME_BYTES = 8

export async function run(size: Size): Promise<BenchResult> {
  const single = caseOf(SINGLE, await sent(SINGLE, size), atLeast(2e6))
  const thousand = caseOf(THOUSAND, await sent(THOUSAND, size), atLeast(20e6))
  const binary = { name: 'binary, 1 reading per frame', value: single.value }
  return benchResult([single, thousand, caseOf(JSON_SINGLE, await sent(JSON_SINGLE, size), binary)])
}

function caseOf({ name, unit }: Case, { report, countedBytes }: Sent, against: Against): BenchCase {
  const isWhole = report.bytes === countedBytes && report.bytes > 0
  return figure({
    name: `load generator against a sink: ${name}`,
    unit,
    value: unit === 'frames/s' ? report.framesPerSecond : report.readingsPerSecond,
    check: `${isWhole ? '' : 'FAULTY: '}${countedBytes} bytes counted of ${report.bytes}`,
    against,
  })
}

async function sent({ frame, format }: Case, { devices, duration }: Size): Promise<Sent> {
  const sink = fork(fileURLToPath(new URL('load-sink.js', import.meta.url)), { execArgv: [] })
  try {
    const { port } = await message<{ port: number }>(sink)
    const options = loadOptions({
      ...{ devices: String(devices), duration, frame: String(frame), format },
      ...{ url: `ws://127.0.0.1:${port}`, rate: 'max', json: true },
    })
    const report = await runLoad(options, { err: () => undefined, signal: new AbortController().signal })
    return { report, countedBytes: await counted(sink, report) }
  } finally {
    sink.kill()
  }
}

async function counted(sink: ChildProcess, report: LoadReport): Promise<number> {
  sink.send('count')
  const { received } = await message<{ received: number }>(sink)
  return received - report.connections.opened * CLOSE_FRAME_BYTES
}

async function message<T>(child: ChildProcess): Promise<T> {
  const [first] = (await once(child, 'message')) as [T]
  return first
}
