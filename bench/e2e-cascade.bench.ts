/**
 * A cascade: anomalies of a hundred thousand devices in five towns within ten seconds, beside steady critical and premium
 * traffic. How many incidents and told alerts come of it, what critical and premium readings wait (accepted to processed,
 * as the engine tells it) and how late the main thread is, which takes the anomalies in. Both halves of the run have the
 * same load but for the values.
 */
import { deviceIdOf } from '../src/core/ids.ts'
import { createEngine } from '../src/engine/create-engine.ts'
import type { Engine } from '../src/engine/engine.ts'
import { type BenchResult, benchResult } from './bench.ts'
import { atMost, figure, quantile } from './e2e/figures.ts'
import { pause, until } from './e2e/pause.ts'

export interface Size {
  readonly devices: number
  readonly critical: number
  readonly premium: number
  readonly seconds: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { devices: 2000, critical: 20, premium: 100, seconds: 1 },
  full: { devices: 100_000, critical: 1000, premium: 10_000, seconds: 10 },
}

const TOWNS = 5
const WARM_ROUNDS = 12
const METRIC = 1
const TICK_MS = 10
const FAR_OFF = 500

interface Phase {
  readonly criticalP99: number
  readonly premiumP99: number
  readonly lagP99: number
}

export async function run(size: Size): Promise<BenchResult> {
  const room = size.devices + size.critical + size.premium
  const engine = await createEngine({
    limits: { series: room + 1000, devices: room, openAlerts: 1_000_000, backlogBytes: 256 * 2 ** 20 },
    anomalies: { warmup: 10 },
    incidents: { correlations: [{ name: 'place', near: 4, withinMs: 60_000, minMembers: 10 }] },
    escalation: { rules: [{ name: 'around', near: 4, tier: 'premium', forMs: 60_000 }], maxDevices: 1000 },
  })
  try {
    return await measure(engine, size)
  } finally {
    await engine.close()
  }
}

async function measure(engine: Engine, size: Size): Promise<BenchResult> {
  const fleet = register(engine, size)
  for (let round = 0; round < WARM_ROUNDS; round++)
    for (const ids of [fleet.towns, fleet.critical, fleet.premium])
      await sendAll(engine, ids, 20 + (round % 2))
  await idle(engine)
  let told = 0
  engine.on('alert', ({ rule, suppressedBy }, change) => {
    if (rule === 'anomaly' && change === 'raised' && suppressedBy.length === 0) told++
  })
  const calm = await phase(engine, fleet, size, 20)
  const cascade = await phase(engine, fleet, size, FAR_OFF)
  await idle(engine)
  await until('all anomalies', 30_000, 10, () => engine.stats().anomalies.detected >= size.devices)
  await pause(500)
  return results(engine, size, told, calm, cascade)
}

function results(engine: Engine, size: Size, told: number, calm: Phase, cascade: Phase): BenchResult {
  const { incidents, escalation, anomalies, account } = engine.stats()
  const open = engine.incidents.open()
  const members = open.reduce((sum, incident) => sum + incident.members, 0)
  const isWhole = members === size.devices && open.length === TOWNS && account.refused === 0
  const check = `${isWhole ? '' : 'FAULTY: '}${open.length} incidents with ${members} members of ${size.devices}; ${anomalies.detected} anomalies, ${account.refused} refused, ${incidents?.merged} merged; ${escalation?.raised} of at most ${escalation?.limit} devices raised`
  console.log(check)
  const of = (name: string, unit: string, value: number, against: number) =>
    figure({ name, unit, value, check, against: atMost(against) })
  return benchResult([
    of('incidents of a cascade', 'incidents', open.length, 10),
    of('alerts told besides', 'alerts', told, TOWNS * 10),
    of('critical: accepted to processed in the cascade, p99', 'ms', cascade.criticalP99, 50),
    of('premium: the same, beside twice that of calm', 'ms', cascade.premiumP99, 2 * calm.premiumP99),
    of('critical: the same while all is calm', 'ms', calm.criticalP99, 50),
    of('main thread late in the cascade, p99', 'ms', cascade.lagP99, 50),
    of('main thread late while all is calm, p99', 'ms', calm.lagP99, 50),
  ])
}

interface Fleet {
  readonly towns: readonly number[]
  readonly critical: readonly number[]
  readonly premium: readonly number[]
}

function register(engine: Engine, { devices, critical, premium }: Size): Fleet {
  const add = (kind: string, count: number, properties: (i: number) => object): number[] =>
    Array.from({ length: count }, (_, i) => {
      engine.devices.register(`${kind}-${i}`, properties(i))
      return deviceIdOf(`${kind}-${i}`)
    })
  return {
    // a town is a few hundredths of a degree, the next one ten degrees away
    towns: add('town', devices, (i) => ({
      lat: 45 + (i % 97) / 5000,
      lon: 10 * (i % TOWNS) + (i % 89) / 5000,
    })),
    critical: add('critical', critical, () => ({ tier: 'critical' })),
    premium: add('premium', premium, () => ({ tier: 'premium' })),
  }
}

/** One reading of each town's device, spread over the seconds; critical and premium ones all the while. */
async function phase(engine: Engine, fleet: Fleet, { seconds }: Size, value: number): Promise<Phase> {
  const ticks = (seconds * 1000) / TICK_MS
  const late: number[] = []
  const begin = performance.now()
  for (let tick = 0; tick < ticks; tick++) {
    const dueMs = begin + tick * TICK_MS
    while (performance.now() < dueMs) await pause(1)
    late.push(performance.now() - dueMs)
    send(engine, partOf(fleet.towns, tick, ticks), value)
    send(engine, partOf(fleet.critical, tick % 100, 100), 20 + (tick % 2))
    send(engine, partOf(fleet.premium, tick % 100, 100), 20 + (tick % 2))
  }
  const { critical, premium } = engine.stats().tiers
  return {
    criticalP99: critical.latencyMs.p99,
    premiumP99: premium.latencyMs.p99,
    lagP99: quantile(late, 0.99),
  }
}

const partOf = (ids: readonly number[], part: number, parts: number): readonly number[] =>
  ids.slice(Math.floor((part * ids.length) / parts), Math.floor(((part + 1) * ids.length) / parts))

function send(engine: Engine, ids: readonly number[], value: number): void {
  if (ids.length === 0) return
  const room = engine.writer().claim(ids.length)
  if (room === undefined) throw new Error('the ring is full')
  ids.forEach((id, index) => room.set(index, id, METRIC, value))
  room.commit()
}

async function sendAll(engine: Engine, ids: readonly number[], value: number): Promise<void> {
  for (let from = 0; from < ids.length; from += 10_000) {
    send(engine, ids.slice(from, from + 10_000), value)
    await pause(2)
  }
}

const idle = (engine: Engine): Promise<void> =>
  until('all processed', 60_000, 10, () => engine.stats().account.inFlight === 0)
