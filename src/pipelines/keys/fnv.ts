const PRIME_LOW = 0x1b3
const OFFSET_HIGH = 0xcbf29ce4
const OFFSET_LOW = 0x84222325
const TWO_32 = 0x1_0000_0000

/** The 64-bit FNV-1a hash of a text's UTF-8 bytes, as two words. */
export function hashOfText(text: string): { readonly low: number; readonly high: number } {
  let high = OFFSET_HIGH
  let low = OFFSET_LOW
  for (const byte of Buffer.from(text)) {
    low = (low ^ byte) >>> 0
    const product = low * PRIME_LOW
    high = (Math.imul(high, PRIME_LOW) + Math.imul(low, 0x100) + Math.floor(product / TWO_32)) >>> 0
    low = product >>> 0
  }
  return { low, high }
}
