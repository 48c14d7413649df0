// CRC-32C (Castagnoli; RFC 3720, appendix B.4). Long runs are taken in blocks of 64 bytes: each of a block's sixteen words
// has a sum of its own, to which the words at the same place of the blocks before have been brought, sixteen sums at a
// time, nibble by nibble (a sum is linear in its bits). What is left over, and the sixteen sums at the end, go by slicing by
// 16: sixteen table look-ups for sixteen bytes, which don't wait for each other. The tables lie where the caller wants
// them: kernels own no memory.
//
//   tables (16.5 KiB)
//        0  16 × 256 u32       what a byte becomes with 0 … 15 bytes behind it
//    16384  8 × 4 × 16 bytes   by nibble of a sum: each byte of what its 16 values become with a block of zeros behind them

/** x^32 + x^28 + … + 1, bits reversed. */
const POLYNOMIAL: u32 = 0x82f63b78
const SLICES: u32 = 16
const FOLDS: usize = 16384
const BLOCK_BYTES: usize = 64
/** Fewer are quicker without blocks. */
const LONG_BYTES: usize = 256

/** Writes the tables to `table`; needed once per memory, before `crc32c`. */
export function initCrc32c(table: usize): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0)
    store<u32>(table + (<usize>byte << 2), crc)
  }
  for (let entry: u32 = 256; entry < SLICES * 256; entry++) {
    const before = load<u32>(table + (<usize>(entry - 256) << 2))
    store<u32>(table + (<usize>entry << 2), (before >> 8) ^ look(table, before & 0xff))
  }
  for (let nibble: u32 = 0; nibble < 8; nibble++) initFolds(table, nibble)
}

function initFolds(table: usize, nibble: u32): void {
  for (let value: u32 = 0; value < 16; value++) {
    let sum = value << (4 * nibble)
    for (let i: usize = 0; i < BLOCK_BYTES; i++) sum = step(table, sum, 0)
    for (let byte: u32 = 0; byte < 4; byte++)
      store<u8>(table + FOLDS + <usize>(((nibble * 4 + byte) << 4) + value), <u8>(sum >> (8 * byte)))
  }
}

/** The sum of `bytes` bytes from `address` on, going on from the sum `crc` of what lies before them (0 at the start). */
export function crc32c(table: usize, address: usize, bytes: usize, crc: u32): u32 {
  let sum = ~crc
  const end = address + bytes
  while (address & 7 && address < end) sum = step(table, sum, load<u8>(address++))
  if (end - address >= LONG_BYTES) {
    const blocks = (end - address) & ~(BLOCK_BYTES - 1)
    sum = stepBlocks(table, address, blocks, sum)
    address += blocks
  }
  for (; address + 16 <= end; address += 16)
    sum = stepSixteen(
      table,
      load<u32>(address) ^ sum,
      load<u32>(address, 4),
      load<u32>(address, 8),
      load<u32>(address, 12),
    )
  while (address < end) sum = step(table, sum, load<u8>(address++))
  return ~sum
}

/** Sums lie in four planes: in plane p byte p of each. */
function stepBlocks(table: usize, address: usize, bytes: usize, sum: u32): u32 {
  const end = address + bytes
  const folds = table + FOLDS
  const low = i8x16.splat(0x0f)
  const none = i64x2(0, 0)
  // the sum so far belongs to the first word; a block of zeros before it adds nothing
  let first = i32x4.replace_lane(none, 0, <i32>sum)
  let p0 = none
  let p1 = none
  let p2 = none
  let p3 = none
  let n = none
  while (address < end) {
    // by byte within each four words, then those of the sixteen together
    const a = byByte(v128.xor(v128.load(address), first))
    const b = byByte(v128.load(address, 16))
    const c = byByte(v128.load(address, 32))
    const d = byByte(v128.load(address, 48))
    first = none
    const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5)
    const cd01 = i32x4.shuffle(c, d, 0, 4, 1, 5)
    const ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7)
    const cd23 = i32x4.shuffle(c, d, 2, 6, 3, 7)
    let t0 = i64x2.shuffle(ab01, cd01, 0, 2)
    let t1 = i64x2.shuffle(ab01, cd01, 1, 3)
    let t2 = i64x2.shuffle(ab23, cd23, 0, 2)
    let t3 = i64x2.shuffle(ab23, cd23, 1, 3)
    n = v128.and(p0, low)
    t0 = v128.xor(t0, i8x16.swizzle(v128.load(folds), n))
    t1 = v128.xor(t1, i8x16.swizzle(v128.load(folds, 16), n))
    t2 = v128.xor(t2, i8x16.swizzle(v128.load(folds, 32), n))
    t3 = v128.xor(t3, i8x16.swizzle(v128.load(folds, 48), n))
    n = i8x16.shr_u(p0, 4)
    t0 = v128.xor(t0, i8x16.swizzle(v128.load(folds, 64), n))
    t1 = v128.xor(t1, i8x16.swizzle(v128.load(folds, 80), n))
    t2 = v128.xor(t2, i8x16.swizzle(v128.load(folds, 96), n))
    t3 = v128.xor(t3, i8x16.swizzle(v128.load(folds, 112), n))
    n = v128.and(p1, low)
    t0 = v128.xor(t0, i8x16.swizzle(v128.load(folds, 128), n))
    t1 = v128.xor(t1, i8x16.swizzle(v128.load(folds, 144), n))
    t2 = v128.xor(t2, i8x16.swizzle(v128.load(folds, 160), n))
    t3 = v128.xor(t3, i8x16.swizzle(v128.load(folds, 176), n))
    n = i8x16.shr_u(p1, 4)
    t0 = v128.xor(t0, i8x16.swizzle(v128.load(folds, 192), n))
    t1 = v128.xor(t1, i8x16.swizzle(v128.load(folds, 208), n))
    t2 = v128.xor(t2, i8x16.swizzle(v128.load(folds, 224), n))
    t3 = v128.xor(t3, i8x16.swizzle(v128.load(folds, 240), n))
    n = v128.and(p2, low)
    t0 = v128.xor(t0, i8x16.swizzle(v128.load(folds, 256), n))
    t1 = v128.xor(t1, i8x16.swizzle(v128.load(folds, 272), n))
    t2 = v128.xor(t2, i8x16.swizzle(v128.load(folds, 288), n))
    t3 = v128.xor(t3, i8x16.swizzle(v128.load(folds, 304), n))
    n = i8x16.shr_u(p2, 4)
    t0 = v128.xor(t0, i8x16.swizzle(v128.load(folds, 320), n))
    t1 = v128.xor(t1, i8x16.swizzle(v128.load(folds, 336), n))
    t2 = v128.xor(t2, i8x16.swizzle(v128.load(folds, 352), n))
    t3 = v128.xor(t3, i8x16.swizzle(v128.load(folds, 368), n))
    n = v128.and(p3, low)
    t0 = v128.xor(t0, i8x16.swizzle(v128.load(folds, 384), n))
    t1 = v128.xor(t1, i8x16.swizzle(v128.load(folds, 400), n))
    t2 = v128.xor(t2, i8x16.swizzle(v128.load(folds, 416), n))
    t3 = v128.xor(t3, i8x16.swizzle(v128.load(folds, 432), n))
    n = i8x16.shr_u(p3, 4)
    t0 = v128.xor(t0, i8x16.swizzle(v128.load(folds, 448), n))
    t1 = v128.xor(t1, i8x16.swizzle(v128.load(folds, 464), n))
    t2 = v128.xor(t2, i8x16.swizzle(v128.load(folds, 480), n))
    t3 = v128.xor(t3, i8x16.swizzle(v128.load(folds, 496), n))
    p0 = t0
    p1 = t1
    p2 = t2
    p3 = t3
    address += BLOCK_BYTES
  }
  return stepPlanes(table, p0, p1, p2, p3)
}

/** Of four words their first bytes, their second ones, and so on. */
@inline
function byByte(words: v128): v128 {
  return i8x16.swizzle(words, i8x16(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15))
}

/** The sum of a block that consists of the sixteen sums. */
function stepPlanes(table: usize, p0: v128, p1: v128, p2: v128, p3: v128): u32 {
  const low01 = i8x16.shuffle(p0, p1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
  const low23 = i8x16.shuffle(p2, p3, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
  const high01 = i8x16.shuffle(p0, p1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
  const high23 = i8x16.shuffle(p2, p3, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
  let sum = stepVector(table, i16x8.shuffle(low01, low23, 0, 8, 1, 9, 2, 10, 3, 11), 0)
  sum = stepVector(table, i16x8.shuffle(low01, low23, 4, 12, 5, 13, 6, 14, 7, 15), sum)
  sum = stepVector(table, i16x8.shuffle(high01, high23, 0, 8, 1, 9, 2, 10, 3, 11), sum)
  return stepVector(table, i16x8.shuffle(high01, high23, 4, 12, 5, 13, 6, 14, 7, 15), sum)
}

function stepVector(table: usize, words: v128, sum: u32): u32 {
  return stepSixteen(
    table,
    <u32>i32x4.extract_lane(words, 0) ^ sum,
    <u32>i32x4.extract_lane(words, 1),
    <u32>i32x4.extract_lane(words, 2),
    <u32>i32x4.extract_lane(words, 3),
  )
}

@inline
function step(table: usize, sum: u32, byte: u32): u32 {
  return (sum >> 8) ^ look(table, (sum ^ byte) & 0xff)
}

/** Four words, with the sum so far in the first one. */
@inline
function stepSixteen(table: usize, a: u32, b: u32, c: u32, d: u32): u32 {
  // the tables' places are constants of the loads, and an entry's place is cut out of the word in one go
  return (
    load<u32>(entry(table, d >> 22)) ^
    load<u32>(entry(table, d >> 14), 1024) ^
    load<u32>(entry(table, d >> 6), 2048) ^
    load<u32>(entry(table, d << 2), 3072) ^
    load<u32>(entry(table, c >> 22), 4096) ^
    load<u32>(entry(table, c >> 14), 5120) ^
    load<u32>(entry(table, c >> 6), 6144) ^
    load<u32>(entry(table, c << 2), 7168) ^
    load<u32>(entry(table, b >> 22), 8192) ^
    load<u32>(entry(table, b >> 14), 9216) ^
    load<u32>(entry(table, b >> 6), 10240) ^
    load<u32>(entry(table, b << 2), 11264) ^
    (load<u32>(entry(table, a >> 22), 12288) ^
      load<u32>(entry(table, a >> 14), 13312) ^
      load<u32>(entry(table, a >> 6), 14336) ^
      load<u32>(entry(table, a << 2), 15360))
  )
}

/** Address of a byte's entry; the byte is bits 2 … 9. */
@inline
function entry(table: usize, bits: u32): usize {
  return table + <usize>(bits & 0x3fc)
}

/** What a byte becomes with nothing behind it. */
@inline
function look(table: usize, byte: u32): u32 {
  return load<u32>(table + (<usize>byte << 2))
}
