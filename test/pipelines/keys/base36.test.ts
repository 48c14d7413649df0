import { expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { base36 } from '../../../src/pipelines/keys/base36.ts'

it('base36 says of whole numbers what toString(36) does', () => {
  const random = seededRandom(1)
  const edges = [0, 1, 35, 36, 46_655, 46_656, 46_657, 0x7fff_ffff, 0xffff_ffff, Number.MAX_SAFE_INTEGER]
  const numbers = Array.from({ length: 2000 }, () => Math.floor(random() * 2 ** (random() * 53)))
  for (const number of [...edges, ...numbers]) expect(base36(number)).toBe(number.toString(36))
})
