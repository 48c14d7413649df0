/**
 * Twin of asm/crc32c.ts: CRC-32C (Castagnoli; RFC 3720, appendix B.4), bit-reversed, slicing by 8. For bytes that no
 * kernel sees, such as headers, and to check the kernel.
 */
const POLYNOMIAL = 0x82f63b78
const tables = slices(8)

/** The sum of `bytes`, going on from the sum `crc` of what lies before them (0 at the start); unsigned. */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  const t = tables
  let sum = ~crc
  let at = 0
  for (const end = bytes.length - 8; at <= end; at += 8) {
    sum ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    sum =
      t[1792 + (sum & 0xff)] ^
      t[1536 + ((sum >>> 8) & 0xff)] ^
      t[1280 + ((sum >>> 16) & 0xff)] ^
      t[1024 + (sum >>> 24)] ^
      t[768 + bytes[at + 4]] ^
      t[512 + bytes[at + 5]] ^
      t[256 + bytes[at + 6]] ^
      t[bytes[at + 7]]
  }
  for (; at < bytes.length; at++) sum = (sum >>> 8) ^ t[(sum ^ bytes[at]) & 0xff]
  return ~sum >>> 0
}

/** Table `n` has, for a byte, what it becomes with `n` zero bytes behind it. */
function slices(count: number): Int32Array {
  const table = new Int32Array(count * 256)
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? POLYNOMIAL : 0)
    table[byte] = sum
  }
  for (let i = 256; i < table.length; i++) table[i] = (table[i - 256] >>> 8) ^ table[table[i - 256] & 0xff]
  return table
}
