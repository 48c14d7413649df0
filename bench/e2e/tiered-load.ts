/** Loads of one tier each, and what an engine served of each tier between two looks. */
import type { Stats } from '../../src/core/stats.ts'
import { type Tier, TIERS } from '../../src/core/tiers.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import type { RawOptions } from '../../src/load/options.ts'
import { pause } from './pause.ts'
import type { ServedEngine } from './served-engine.ts'

/** Devices get their tier from their name. */
export function tieredConfig(devices: number): ConfigInput {
  const rules = TIERS.map((tier) => ({ match: `${tier}-*`, tier }))
  return { limits: { series: Math.max(1000, devices), devices: Math.max(1000, devices) }, rules }
}

export interface TierRates {
  /** Readings processed per second, by tier. */
  readonly served: Readonly<Record<Tier, number>>
  /** Readings accepted or refused per second, by tier. */
  readonly offered: Readonly<Record<Tier, number>>
  readonly servedInAll: number
}

export function ratesBetween(first: Stats, last: Stats): TierRates {
  const seconds = last.uptimeSeconds - first.uptimeSeconds
  const rate = (count: (stats: Stats, tier: Tier) => number): Record<Tier, number> => {
    const entries = TIERS.map((tier) => [tier, (count(last, tier) - count(first, tier)) / seconds] as const)
    return Object.fromEntries(entries) as Record<Tier, number>
  }
  const served = rate(({ tiers }, tier) => tiers[tier].processed)
  const offered = rate(({ tiers }, tier) => tiers[tier].accepted + tiers[tier].refused)
  return { served, offered, servedInAll: Object.values(served).reduce((sum, one) => sum + one, 0) }
}

/** Readings per second that were served within `ms`, or within as many times `ms` as it takes to serve any. */
export async function servedWithin(engine: ServedEngine, ms: number): Promise<number> {
  const first = await engine.stats()
  for (;;) {
    await pause(ms)
    const { servedInAll } = ratesBetween(first, await engine.stats())
    if (servedInAll > 0) return servedInAll
  }
}

export interface TierLoad {
  readonly tier: Tier
  readonly devices: number
  readonly connections: number
  readonly readingsPerFrame: number
  readonly readingsPerSecond: number | 'max'
}

/** Options of a load of one tier that wants an answer to every frame; whoever starts it ends it. */
export function tierLoadOptions(load: TierLoad): RawOptions {
  return {
    prefix: `${load.tier}-`,
    tiers: `${load.tier}=1`,
    devices: String(load.devices),
    connections: String(load.connections),
    frame: String(load.readingsPerFrame),
    rate: load.readingsPerSecond === 'max' ? 'max' : String(Math.max(1, Math.round(load.readingsPerSecond))),
    duration: '10m',
    ack: true,
    // what is refused is not sent again: the offered rate is the one asked for
    ...(load.readingsPerSecond !== 'max' && { sender: 'raw' }),
  }
}
