import { seededRandom, type Random } from '../core/random.ts'

/** The generator's state is mostly ones and zeros for a small seed, and so are the first numbers it gives. */
const WARM_UP_DRAWS = 32

/** A reproducible source of chance whose first numbers are as good as the later ones, for any seed. */
export function mixedRandom(seed: number): Random {
  const random = seededRandom(seed)
  for (let i = 0; i < WARM_UP_DRAWS; i++) random()
  return random
}
