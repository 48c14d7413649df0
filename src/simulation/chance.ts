import { seededRandom } from '../core/random.ts'
import type { Random } from '../core/random.ts'

/**
 * A source of chance of its own for everything that has a number (workload, run, life): so that one of them draws
 * the same whatever the others did. Seeds that differ little, and the generator's first numbers, which are nearly the
 * same for all seeds, must not show: the seed is mixed and the first numbers are left out.
 */
export function chanceOf(...numbers: number[]): Random {
  const random = seededRandom(numbers.reduce(mix, 0x9e3779b9))
  for (let i = 0; i < 8; i++) random()
  return random
}

/** The finalizer of MurmurHash3 over both. */
function mix(hash: number, number: number): number {
  let mixed = Math.imul(hash ^ (number | 0), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) | 0
}
