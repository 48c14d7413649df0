import type { Random } from '../../src/core/random.ts'

/** A whole number from 0 to below `limit`. */
export const below = (random: Random, limit: number): number => Math.floor(random() * limit)
const INTERESTING = [
  0, 1, 2, 3, 4, 5, 7, 8, 12, 16, 0x7f, 0x80, 0xff, 0xfff0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
]

/** Bit flips, hostile words, cuts and growth, mostly in the part that is not readings. */
export function mutate(message: Uint8Array, random: Random): Uint8Array {
  let bytes = message.slice()
  for (let changes = 1 + below(random, 4); changes > 0 && bytes.length > 0; changes--) {
    const near = random() < 0.8 ? Math.min(bytes.length, 48) : bytes.length
    const at = below(random, near)
    const kind = below(random, 6)
    if (kind === 0) bytes[at] ^= 1 << below(random, 8)
    else if (kind === 1) bytes[at] = below(random, 256)
    else if (kind === 2 && at + 4 <= bytes.length) {
      new DataView(bytes.buffer).setUint32(at & ~3, INTERESTING[below(random, INTERESTING.length)], true)
    } else if (kind === 3 && at + 2 <= bytes.length) {
      new DataView(bytes.buffer).setUint16(at & ~1, INTERESTING[below(random, INTERESTING.length)], true)
    } else if (kind === 4) bytes = bytes.slice(0, below(random, bytes.length + 1))
    else {
      const longer = new Uint8Array(bytes.length + below(random, 70))
      longer.set(bytes)
      bytes = longer
    }
  }
  return bytes
}
