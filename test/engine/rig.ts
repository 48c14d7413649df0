import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine } from '../../src/engine/create-engine.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import type { Engine } from '../../src/engine/engine.ts'
import type { Account } from '../../src/core/stats.ts'
import { endEachTest } from '../endings.ts'

/** A small engine is quick to start and easy to overload. */
const SMALL_LIMITS = {
  series: 20_000,
  devices: 20_000,
  ringBytes: 1024 * 1024,
  frameBytes: 64 * 1024,
  backlogBytes: 8 * 1024 * 1024,
}

const engines: Engine[] = []
const gates: Gate[] = []

/** Engines of a test end with it. */
endEachTest(async () => {
  for (const gate of gates) gate.open()
  await Promise.all(engines.splice(0).map((engine) => engine.close()))
  for (const gate of gates.splice(0)) rmSync(gate.folder, { recursive: true })
})

/** Holds fixtures/recorder.js up in its first slices until it is opened, so that no test depends on who is faster. */
export class Gate {
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-gate-'))
  /** What the fixture is told. */
  readonly path = join(this.folder, 'open')

  constructor() {
    gates.push(this)
  }

  /** A worker stands before it, in user code. */
  get isReached(): boolean {
    return existsSync(`${this.path}.reached`)
  }

  open(): void {
    writeFileSync(this.path, '')
  }
}

/** An engine with small limits, closed after the test. It keeps no threads for later unless that is wanted. */
export async function startEngine({ limits, pool, ...config }: ConfigInput = {}): Promise<Engine> {
  const engine = await createEngine({
    port: 0,
    pool: { warm: 0, ...(pool ?? { max: 2 }) },
    ...config,
    limits: { ...SMALL_LIMITS, ...limits },
  })
  engines.push(engine)
  return engine
}

/** URL of a pipeline under fixtures/; what is in `options` it reads from its own URL. */
export function fixture(name: string, options: Record<string, string | number> = {}): URL {
  const url = new URL(`./fixtures/${name}.js`, import.meta.url)
  for (const [key, value] of Object.entries(options)) url.searchParams.set(key, String(value))
  return url
}

export const moment = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks again and again until it is so, less often the longer it takes. */
export async function until(
  isSo: () => boolean,
  what: string | (() => string),
  timeoutMs = 60_000,
): Promise<void> {
  const startMs = performance.now()
  while (!isSo()) {
    const tookMs = performance.now() - startMs
    if (tookMs > timeoutMs)
      throw new Error(`not within ${timeoutMs} ms: ${typeof what === 'string' ? what : what()}`)
    await moment(Math.min(25, 2 + tookMs / 20))
  }
}

/** What the two equations of the account are off by. */
export const imbalance = (account: Account): { intake: number; work: number } => {
  const { received, accepted, refused, malformed, processed, inFlight, deadLettered, forwarded } = account
  return {
    intake: received - accepted - refused - malformed,
    work: accepted - processed - inFlight - deadLettered - forwarded,
  }
}

export const BALANCED = { intake: 0, work: 0 }

/** Everything that was accepted has been worked through. */
export const isIdle = (engine: Engine): boolean => engine.stats().account.inFlight === 0
