/**
 * The client library: single readings handed to it at a pace, batched by its defaults and acknowledged, in processor
 * cores of client and server together; with the engine in memory and with its journal. Beside it the raw sender of
 * `millrace load`, one reading per frame, scaled to the same rate where it doesn't reach it.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConfigInput } from '../src/engine/config/schema.ts'
import type { LoadReport } from '../src/load/report.ts'
import { type BenchCase, type BenchResult, benchResult } from './bench.ts'
import { figure } from './e2e/figures.ts'
import { LoadProcess } from './e2e/load-process.ts'
import { withEngine } from './e2e/served-engine.ts'
import { accountCheck, engineConfig } from './e2e/sustained.ts'

export interface Size {
  readonly series: number
  readonly rate: number
  readonly durationMs: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { series: 1000, rate: 5000, durationMs: 500 },
  full: { series: 100_000, rate: 200_000, durationMs: 10_000 },
}

type Sender = 'client' | 'raw'

interface Cost {
  /** Processor cores of client and server for the asked rate. */
  readonly cores: number
  readonly check: string
}

export async function run(size: Size): Promise<BenchResult> {
  const memory = await compared('memory', size, {})
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  try {
    const journal = await compared('journal', size, { durability: 'journal', dataDir: folder })
    return benchResult([journal, memory])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function compared(durability: string, size: Size, config: ConfigInput): Promise<BenchCase> {
  const client = await cost('client', size, config)
  const raw = await cost('raw', size, config)
  return figure({
    name: `${size.rate} single readings/s by the client library, ${durability}`,
    unit: 'cores',
    value: client.cores,
    check: client.check,
    against: { name: 'raw sender, a frame each', value: raw.cores },
  })
}

function cost(sender: Sender, size: Size, config: ConfigInput): Promise<Cost> {
  return withEngine({ ...engineConfig(size.series), ...config }, async (engine) => {
    const cpuBefore = await engine.cpuSeconds()
    const load = new LoadProcess(engine.url, {
      sender,
      devices: String(size.series),
      rate: String(size.rate),
      duration: `${size.durationMs}ms`,
      frame: '1',
      connections: '2',
      ack: true,
    })
    const report = await load.report
    const stats = await engine.settled()
    const serverCores = ((await engine.cpuSeconds()) - cpuBefore) / report.seconds
    const cores = (serverCores + report.cpuShare) * (size.rate / report.readingsPerSecond)
    return { cores, check: `${accountCheck(stats, report)}; ${unmet(report, sender)}` }
  })
}

/** What of the client's promise or pace was not kept. */
function unmet({ acknowledged, unsentFrames, givenUp, frames }: LoadReport, sender: Sender): string {
  if (sender === 'raw') return 'scaled'
  const isWhole = unsentFrames === 0 && givenUp === 0 && acknowledged!.frames === frames
  return `${isWhole ? '' : 'FAULTY: '}${acknowledged!.frames} of ${frames} acknowledged, ${unsentFrames} unsent`
}
