/** The plain JavaScript pipeline as a process, under the load of `millrace load`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultRegions } from '../../src/engine/config/default-regions.ts'
import { LoadProcess } from './load-process.ts'
import { pause, until } from './pause.ts'
import { documentOn, Program } from './program.ts'
import { type LoadShape, loadOptionsOf, measureUnder, type Timing } from './sustained.ts'

const SERVER = fileURLToPath(new URL('../plain-pipeline/server.js', import.meta.url))
const FIRST_PASS_MS = 120_000
const LOOK_EVERY_MS = 250
/** Room for the objects of a million series. */
const HEAP_FLAG = '--max-old-space-size=8192'

interface Figures {
  readonly processed: number
  readonly malformed: number
  readonly series: number
  readonly cpuSeconds: number
  readonly seconds: number
}

export interface PlainRate {
  readonly readingsPerSecond: number
  readonly readingsPerCpuSecond: number
  readonly check: string
}

/** Runs the plain pipeline under the load, which must be JSON, and measures it. */
export async function plainRate(shape: LoadShape, timing: Timing): Promise<PlainRate> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-plain-'))
  const regions = join(folder, 'regions.json')
  await writeFile(regions, JSON.stringify(defaultRegions))
  const program = new Program({ args: [HEAP_FLAG, SERVER, regions] })
  try {
    const port = await program.firstLine((line) => documentOn(line)?.port as number | undefined)
    const load = new LoadProcess(`ws://127.0.0.1:${port}`, loadOptionsOf(shape))
    const window = await measureUnder(load, () => measureWindow(program, shape.series, timing))
    const { readings } = await load.stop()
    await until('the plain pipeline has seen all', FIRST_PASS_MS, LOOK_EVERY_MS, async () => {
      return (await figuresOf(program)).processed >= readings
    })
    const { processed, malformed } = await figuresOf(program)
    const isWhole = processed === readings && malformed === 0
    return { ...window, check: `${isWhole ? '' : 'FAULTY: '}${processed} processed of ${readings}` }
  } finally {
    await program.stop('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
}

async function measureWindow(program: Program, series: number, { warmMs, measureMs }: Timing) {
  await until('every series seen', FIRST_PASS_MS, LOOK_EVERY_MS, async () => {
    return (await figuresOf(program)).series >= series
  })
  await pause(warmMs)
  const first = await figuresOf(program)
  await pause(measureMs)
  const last = await figuresOf(program)
  const readings = last.processed - first.processed
  return {
    readingsPerSecond: readings / (last.seconds - first.seconds),
    readingsPerCpuSecond: readings / (last.cpuSeconds - first.cpuSeconds),
  }
}

function figuresOf(program: Program): Promise<Figures> {
  const figures = program.firstLine((line) => {
    const said = documentOn(line)
    return said?.processed === undefined ? undefined : (said as unknown as Figures)
  })
  program.signal('SIGUSR2')
  return figures
}
