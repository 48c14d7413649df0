/**
 * A bare server without tiers, account or safety, in a folder that MILLRACE_YARDSTICK names: `prototype.cjs` with its
 * `kernel.wasm` beside it. It takes its port, series and life span from the environment and prints a line with its
 * rate every second. The load on it is the same as on the engine, from the same generator.
 */
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { LoadProcess } from './load-process.ts'
import { pause, until } from './pause.ts'
import { Program } from './program.ts'
import { type LoadShape, loadOptionsOf, measureUnder, type Timing } from './sustained.ts'

const LIFE_SECONDS = 600
const START_MS = 60_000
const FIRST_PASS_MS = 120_000
const LOOK_EVERY_MS = 50
const RATE_LINE = /^(\d+\.\d+) M readings\/s/

export const yardstickFolder = (): string | undefined => process.env.MILLRACE_YARDSTICK || undefined

/** Readings per second of the yardstick, or undefined when none is named. */
export async function yardstickRate(shape: LoadShape, timing: Timing): Promise<number | undefined> {
  const folder = yardstickFolder()
  if (folder === undefined) return undefined
  const port = await freePort()
  const env = { PORT: String(port), DEVICES: String(shape.series), SECONDS: String(LIFE_SECONDS) }
  const program = new Program({ args: [join(folder, 'prototype.cjs')], env })
  try {
    await program.firstLine(rateOn)
    const load = new LoadProcess(`ws://127.0.0.1:${port}`, loadOptionsOf(shape))
    const rate = await measureUnder(load, () => meanRate(program, shape.series, timing))
    await load.stop()
    return rate
  } finally {
    await program.stop('SIGKILL')
  }
}

const rateOn = (line: string): number | undefined => {
  const match = RATE_LINE.exec(line)
  return match === null ? undefined : Number(match[1]) * 1e6
}

/** The mean of its lines of the measured time, after it has taken as many readings as there are series. */
async function meanRate(program: Program, series: number, { warmMs, measureMs }: Timing): Promise<number> {
  const rates: number[] = []
  const stop = program.onLine((line) => {
    const rate = rateOn(line)
    if (rate !== undefined) rates.push(rate)
  })
  const taken = (): number => rates.reduce((sum, rate) => sum + rate, 0)
  await until('the yardstick has seen every series', FIRST_PASS_MS, LOOK_EVERY_MS, () => taken() >= series)
  await pause(warmMs)
  const first = rates.length
  await pause(measureMs)
  await until('the yardstick tells its rate', START_MS, LOOK_EVERY_MS, () => rates.length > first)
  stop()
  const measured = rates.slice(first)
  return measured.reduce((sum, rate) => sum + rate, 0) / measured.length
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
