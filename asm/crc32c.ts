// CRC-32C (Castagnoli; RFC 3720, appendix B.4), slicing by 16: sixteen table look-ups for sixteen bytes, which don't wait
// for each other. The tables (16 KiB) lie where the caller wants them: kernels own no memory.

/** x^32 + x^28 + … + 1, bits reversed. */
const POLYNOMIAL: u32 = 0x82f63b78
const SLICES: u32 = 16

/** Writes the tables to `table`; needed once per memory, before `crc32c`. */
export function initCrc32c(table: usize): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0)
    store<u32>(table + (<usize>byte << 2), crc)
  }
  for (let entry: u32 = 256; entry < SLICES * 256; entry++) {
    const before = load<u32>(table + (<usize>(entry - 256) << 2))
    store<u32>(table + (<usize>entry << 2), (before >> 8) ^ look(table, 0, before & 0xff))
  }
}

/** The sum of `bytes` bytes from `address` on, going on from the sum `crc` of what lies before them (0 at the start). */
export function crc32c(table: usize, address: usize, bytes: usize, crc: u32): u32 {
  let sum = ~crc
  const end = address + bytes
  while (address & 7 && address < end) sum = step(table, sum, load<u8>(address++))
  for (; address + 16 <= end; address += 16) sum = stepSixteen(table, load<u64>(address) ^ sum, load<u64>(address, 8))
  while (address < end) sum = step(table, sum, load<u8>(address++))
  return ~sum
}

@inline
function step(table: usize, sum: u32, byte: u32): u32 {
  return (sum >> 8) ^ look(table, 0, (sum ^ byte) & 0xff)
}

@inline
function stepSixteen(table: usize, low: u64, high: u64): u32 {
  return (
    look(table, 15, <u32>low & 0xff) ^
    look(table, 14, <u32>(low >> 8) & 0xff) ^
    look(table, 13, <u32>(low >> 16) & 0xff) ^
    look(table, 12, <u32>(low >> 24) & 0xff) ^
    look(table, 11, <u32>(low >> 32) & 0xff) ^
    look(table, 10, <u32>(low >> 40) & 0xff) ^
    look(table, 9, <u32>(low >> 48) & 0xff) ^
    look(table, 8, <u32>(low >> 56)) ^
    look(table, 7, <u32>high & 0xff) ^
    look(table, 6, <u32>(high >> 8) & 0xff) ^
    look(table, 5, <u32>(high >> 16) & 0xff) ^
    look(table, 4, <u32>(high >> 24) & 0xff) ^
    look(table, 3, <u32>(high >> 32) & 0xff) ^
    look(table, 2, <u32>(high >> 40) & 0xff) ^
    look(table, 1, <u32>(high >> 48) & 0xff) ^
    look(table, 0, <u32>(high >> 56))
  )
}

/** Entry of the table for a byte with `slice` bytes behind it. */
@inline
function look(table: usize, slice: u32, byte: u32): u32 {
  return load<u32>(table + (<usize>slice << 10) + (<usize>byte << 2))
}
