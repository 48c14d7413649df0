import { TIERS, type Tier } from '../core/tiers.ts'
import type { Share } from './option-values.ts'
import { placeIn, type Position, type RegionName } from './positions.ts'

export interface PopulationOptions {
  readonly devices: number
  readonly prefix: string
  readonly tiers: readonly Share<Tier>[] | null
  readonly regions: readonly Share<RegionName>[] | null
  readonly seed: number
}

const GOLDEN = 0.618_033_988_749_894_9
const ROOT_2 = Math.SQRT2 - 1

/** Well-mixed 32 bits of (number, salt), as 0 … 1 (the finaliser of MurmurHash3). */
function mixed(number: number, salt: number): number {
  let h = (number ^ Math.imul(salt, 0x9e3779b9)) >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 0x1_0000_0000
}

function pick<T extends string>(shares: readonly Share<T>[], at: number): T {
  let sum = 0
  for (const { name, share } of shares) if (at < (sum += share)) return name
  return shares[shares.length - 1].name
}

/**
 * Who the devices are: names, tiers, positions and usual values, all functions of (seed, index), so that ten million
 * devices take no memory. Shares follow low-discrepancy sequences: any run of devices has nearly the exact mix.
 */
export class Population {
  readonly count: number
  readonly #options: PopulationOptions

  constructor(options: PopulationOptions) {
    this.count = options.devices
    this.#options = options
  }

  nameOf(device: number): string {
    return this.#options.prefix + device
  }

  /** The tier to register, or null if tiers are left to the server. */
  tierOf(device: number): Tier | null {
    const { tiers, seed } = this.#options
    return tiers && pick(tiers, (mixed(seed, 1) + device * GOLDEN) % 1)
  }

  positionOf(device: number): Position | null {
    const { regions, seed } = this.#options
    if (!regions) return null
    const region = pick(regions, (mixed(seed, 2) + device * ROOT_2) % 1)
    return placeIn(region, mixed(device, seed + 3), mixed(device, seed + 4))
  }

  /** The usual value of the device: 15 … 25. */
  meanOf(device: number): number {
    return 15 + 10 * mixed(device, this.#options.seed + 5)
  }
}

/** What one connection sends: its devices and its part of all frames. */
export interface Sender {
  readonly tier: Tier | null
  readonly devices: Uint32Array
  readonly weight: number
}

/** Divides devices among connections; each connection has every tier. */
export function mixedSenders(population: Population, connections: number): Sender[] {
  return Array.from({ length: connections }, (_, connection) => ({
    tier: null,
    devices: Uint32Array.from(
      { length: Math.ceil((population.count - connection) / connections) },
      (_, i) => connection + i * connections,
    ),
    weight: 1 / connections,
  }))
}

/** Divides devices among connections of one tier each; the frames of a tier follow its share, not its connections. */
export function tieredSenders(
  population: Population,
  tiers: readonly Share<Tier>[],
  connections: number,
): Sender[] {
  const byTier = new Map<Tier, number[]>(tiers.map(({ name }) => [name, []]))
  for (let device = 0; device < population.count; device++)
    byTier.get(population.tierOf(device)!)!.push(device)
  const perTier = connectionsPerTier(tiers, connections)
  const ordered = [...tiers].sort((a, b) => TIERS.indexOf(a.name) - TIERS.indexOf(b.name))
  return ordered.flatMap(({ name, share }) => {
    const own = byTier.get(name)!
    const among = Math.min(perTier.get(name)!, Math.max(1, own.length))
    return Array.from({ length: among }, (_, turn) => ({
      tier: name,
      devices: Uint32Array.from(own.filter((_, i) => i % among === turn)),
      weight: share / among,
    }))
  })
}

/** At least one connection for each tier, the rest by share (largest shortfall first). */
function connectionsPerTier(tiers: readonly Share<Tier>[], connections: number): Map<Tier, number> {
  const given = new Map(tiers.map(({ name }) => [name, 1]))
  for (let left = connections - tiers.length; left > 0; left--) {
    const shortfall = ({ name, share }: Share<Tier>) => share * connections - given.get(name)!
    const { name } = tiers.reduce((worst, tier) => (shortfall(tier) > shortfall(worst) ? tier : worst))
    given.set(name, given.get(name)! + 1)
  }
  return given
}
