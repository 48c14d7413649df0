import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Chance, injected: uniform numbers in [0, 1). */
export type Random = () => number

/** A reproducible source of chance. */
export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed)
  return () => (generator.next() >>> 0) / 0x1_0000_0000
}
