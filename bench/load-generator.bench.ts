/**
 * What `millrace load` itself can send, against a process on the other core that reads and discards. The check value:
 * the sink counted exactly the bytes that were sent.
 *
 *   npx tsx bench/load-generator.bench.ts [small]
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { loadOptions } from '../src/load/options.ts'
import type { LoadReport } from '../src/load/report.ts'
import { runLoad } from '../src/load/run.ts'

export interface Size {
  readonly devices: number
  readonly duration: string
}

export const small: Size = { devices: 1000, duration: '200ms' }
export const full: Size = { devices: 1_000_000, duration: '5s' }

export interface Result {
  readonly name: string
  readonly framesPerSecond: number
  readonly readingsPerSecond: number
  readonly cpuShare: number
  readonly sentBytes: number
  /** Equal to `sentBytes`, less the close frames. */
  readonly countedBytes: number
}

const CASES = [
  { name: 'binary, 1 reading per frame', frame: '1', format: 'binary' },
  { name: 'binary, 1,000 readings per frame', frame: '1000', format: 'binary' },
  { name: 'JSON, 1 reading per message', frame: '1', format: 'json' },
] as const

const CLOSE_FRAME_BYTES = 8

export async function run(size: Size): Promise<Result[]> {
  const results: Result[] = []
  for (const one of CASES) results.push(await measure(one, size))
  return results
}

async function measure({ name, ...raw }: (typeof CASES)[number], size: Size): Promise<Result> {
  const sink = fork(fileURLToPath(new URL('load-sink.js', import.meta.url)), { execArgv: [] })
  try {
    const { port } = await message<{ port: number }>(sink)
    const options = loadOptions({
      ...rawOf(size),
      ...raw,
      url: `ws://127.0.0.1:${port}`,
      rate: 'max',
      json: true,
    })
    const report = await runLoad(options, { err: () => undefined, signal: new AbortController().signal })
    return { name, ...figures(report), countedBytes: await counted(sink, report) }
  } finally {
    sink.kill()
  }
}

const rawOf = (size: Size) => ({ devices: String(size.devices), duration: size.duration })

function figures({ framesPerSecond, readingsPerSecond, cpuShare, bytes }: LoadReport) {
  return { framesPerSecond, readingsPerSecond, cpuShare, sentBytes: bytes }
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

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const result of await run(process.argv[2] === 'small' ? small : full)) {
    const whole = (value: number) => Math.round(value).toLocaleString('en-US')
    const check = result.sentBytes === result.countedBytes ? 'bytes agree' : 'BYTES DIFFER'
    console.log(
      `${result.name}: ${whole(result.framesPerSecond)} frames/s, ${whole(result.readingsPerSecond)} readings/s, ` +
        `own CPU ${(result.cpuShare * 100).toFixed(0)} %, ${check} (${whole(result.countedBytes)})`,
    )
  }
}
