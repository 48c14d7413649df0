import { seededRandom, type Random } from '../../src/core/random.ts'
import { shardOf } from '../../src/kernels/reference/hash.ts'
import type { Reading } from '../../src/kernels/reference/reading.ts'
import { MAX_LAT, MAX_LON, POSITION_ABSENT } from '../../src/memory/layout/reading.layout.ts'

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]

const between = (random: Random, low: number, high: number): number =>
  low + Math.floor(random() * (high - low + 1))

/** Devices of many shards, and so many of one shard that its table overflows. */
export const DEVICES: readonly bigint[] = (() => {
  const random = seededRandom(42)
  const anyId = (): bigint => BigInt(between(random, 1, 2 ** 48 - 1))
  const crowd: bigint[] = []
  while (crowd.length < 30) {
    const id = anyId()
    if (shardOf(id << 16n) === 7) crowd.push(id)
  }
  return [...Array.from({ length: 10 }, anyId), ...crowd, 1n, 2n ** 48n - 1n]
})()

const STRANGE_VALUES = [
  NaN,
  Infinity,
  -Infinity,
  -0,
  5e-324,
  -5e-324,
  1.7e308,
  -1.7e308,
  1e150,
  Number.MAX_VALUE,
]

function someValue(random: Random): number {
  const kind = random()
  if (kind < 0.75) return 20 + random()
  if (kind < 0.85) return 20
  return kind < 0.95 ? (random() - 0.5) * 1e4 : pick(random, STRANGE_VALUES)
}

function someTime(random: Random, nowMs: number): number {
  const kind = random()
  if (kind < 0.5) return nowMs - between(random, 0, 200_000)
  if (kind < 0.8) return pick(random, [0, -0, NaN])
  const ahead = nowMs + 3_600_000
  return pick(random, [
    ahead,
    ahead + 1,
    ahead - 1,
    1,
    5e-324,
    -1,
    -Infinity,
    Infinity,
    1e300,
    nowMs + 60_000,
  ])
}

const EDGES = [0, -1, 1, 7_031_250, 7_031_249, -7_031_250, -7_031_251]

function someDegrees(random: Random, limit: number): number {
  const kind = random()
  if (kind < 0.7) return between(random, -limit, limit)
  if (kind < 0.97) return pick(random, [...EDGES, limit, -limit, limit - 1])
  return pick(random, [limit + 1, -limit - 1, 2_147_483_647, POSITION_ABSENT])
}

function somePosition(random: Random): { lat: number; lon: number } {
  if (random() < 0.3) return { lat: POSITION_ABSENT, lon: POSITION_ABSENT }
  return { lat: someDegrees(random, MAX_LAT), lon: someDegrees(random, MAX_LON) }
}

function someKey(random: Random, devices: readonly bigint[]): bigint {
  const kind = random()
  const metric = kind < 0.96 ? between(random, 1, 3) : pick(random, [0, 9, 65_535])
  const device = random() < 0.99 ? pick(random, devices) : 0n
  return (device << 16n) | BigInt(metric)
}

/** Readings of few series, many of them strange. */
export function someReadings(seed: number, count: number, epochMs: number, devices = DEVICES): Reading[] {
  const random = seededRandom(seed)
  const few = Array.from({ length: 1 + Math.floor(random() * devices.length) }, () => pick(random, devices))
  return Array.from({ length: count }, () => ({
    key: someKey(random, few),
    time: someTime(random, epochMs),
    value: someValue(random),
    ...somePosition(random),
  }))
}

/** Readings without a fault, told apart by their values. */
export function plainReadings(
  seed: number,
  count: number,
  devices: readonly bigint[],
  first: number,
): Reading[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, index) => ({
    key: (pick(random, devices) << 16n) | 1n,
    time: 0,
    value: first + index,
    ...{ lat: POSITION_ABSENT, lon: POSITION_ABSENT },
  }))
}
