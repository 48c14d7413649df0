/**
 * What planned maintenance of a fifth of the devices costs the others: the same load over WebSocket with and without a window
 * that is under way, by turns: that nothing was refused, and premium p99 of each. The engine's latencies are of its last ten seconds,
 * so each turn is longer.
 */
import { type BenchResult, benchResult } from './bench.ts'
import { figure, quantile } from './e2e/figures.ts'
import { LoadProcess } from './e2e/load-process.ts'
import { pause } from './e2e/pause.ts'
import { type ServedEngine, withEngine } from './e2e/served-engine.ts'
import { accountCheck, engineConfig, measureUnder } from './e2e/sustained.ts'

export interface Size {
  readonly devices: number
  readonly rate: number
  readonly turns: number
  readonly turnMs: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { devices: 1000, rate: 5000, turns: 1, turnMs: 500 },
  full: { devices: 50_000, rate: 1_000_000, turns: 3, turnMs: 12_000 },
}

const MIX = 'premium=20,standard=70,bulk=10'
/** Load numbers its devices: every tenth of ten ends so. */
const DEVICES = ['device=dev-*7']
const MOST_MORE = 1.1

export async function run(size: Size): Promise<BenchResult> {
  const config = {
    ...engineConfig(size.devices),
    pool: { min: 1, max: 4 },
    scaling: { enabled: true },
    maintenance: { maxDevices: size.devices },
  }
  return withEngine(config, async (engine) => {
    const load = new LoadProcess(engine.url, {
      ...{ devices: String(size.devices), frame: '1000', tiers: MIX, sender: 'raw' },
      ...{ rate: String(size.rate), duration: '10m' },
    })
    const turns = await measureUnder(load, () => takeTurns(engine, size))
    const report = await load.stop()
    const account = accountCheck(await engine.settled(), report)
    const check = `${account}; ${turns.executions} devices under maintenance`
    const [without, during] = [quantile(turns.without, 0.5), quantile(turns.during, 0.5)]
    return benchResult([
      figure({
        ...{ name: 'maintenance: premium p99, median of turns', unit: 'ms', value: during, check },
        against: { name: 'without, by turns, and a tenth', value: without * MOST_MORE },
      }),
    ])
  })
}

/** Of the last ten seconds, in which there has to have been a reading. */
async function premiumP99(engine: ServedEngine): Promise<number> {
  for (;;) {
    const { p99 } = (await engine.stats()).tiers.premium.latencyMs
    if (p99 > 0) return p99
    await pause(20)
  }
}

interface Turns {
  readonly without: number[]
  readonly during: number[]
  readonly executions: number
}

async function takeTurns(engine: ServedEngine, { turns, turnMs }: Size): Promise<Turns> {
  const [without, during]: [number[], number[]] = [[], []]
  let executions = 0
  await pause(turnMs)
  for (let turn = 0; turn < turns; turn++) {
    await pause(turnMs)
    without.push(await premiumP99(engine))
    const window = await begin(engine, `turn-${turn}`)
    executions = window.executions
    await pause(turnMs)
    during.push(await premiumP99(engine))
    await engine.send('DELETE', `/v1/maintenance/${window.name}`)
  }
  return { without, during, executions }
}

/**
 * Plans a window that begins now, and waits until devices are in it; how many. An engine that is busy may hear of it when
 * it should have begun: then another is planned, with more time.
 */
async function begin(engine: ServedEngine, turn: string): Promise<{ name: string; executions: number }> {
  for (let leadMs = 1000; ; leadMs *= 2) {
    const name = `${turn}-${leadMs}`
    const startsMs = Date.now() + leadMs
    const times = { starts: new Date(startsMs).toISOString(), duration: '1h', lead: '0s' }
    const job = { name, ...times, capacity: '20%', devices: DEVICES, kind: 'firmware-update' }
    await engine.send('POST', '/v1/maintenance', job)
    while (Date.now() < startsMs + 5 * leadMs) {
      const { executions } = await engine.json<{ executions: unknown[] }>(
        `/v1/maintenance/${name}/executions?limit=10000`,
      )
      if (executions.length > 0) return { name, executions: executions.length }
      await pause(20)
    }
    await engine.send('DELETE', `/v1/maintenance/${name}`)
  }
}
