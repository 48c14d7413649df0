// CRC-32C (Castagnoli; RFC 3720, appendix B.4), slicing by 16: sixteen table look-ups for sixteen bytes, which don't wait
// for each other. Long runs are cut into blocks of two lanes, whose sums are taken side by side and put together: so one
// lane's look-ups fill the time the other one waits. The tables lie where the caller wants them: kernels own no memory.
//
//   tables (20 KiB)
//        0  16 × 256 u32   what a byte becomes with 0 … 15 bytes behind it
//    16384   4 × 256 u32   what each byte of a sum becomes with a lane of zeros behind it

/** x^32 + x^28 + … + 1, bits reversed. */
const POLYNOMIAL: u32 = 0x82f63b78
const SLICES: u32 = 16
const SHIFTS: usize = 16384
const LANE_BYTES: usize = 2048

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
  for (let bit: u32 = 0; bit < 32; bit++) initShifts(table, bit)
}

/** A sum is linear in its bits: fills in the entries whose highest bit is `bit`, from those that are there. */
function initShifts(table: usize, bit: u32): void {
  let shifted: u32 = 1 << bit
  for (let i: usize = 0; i < LANE_BYTES; i++) shifted = step(table, shifted, 0)
  const place = table + SHIFTS + (<usize>(bit >> 3) << 10)
  const high: u32 = 1 << (bit & 7)
  store<u32>(place, 0)
  for (let rest: u32 = 0; rest < high; rest++)
    store<u32>(place + (<usize>(high + rest) << 2), shifted ^ load<u32>(place + (<usize>rest << 2)))
}

/** The sum of `bytes` bytes from `address` on, going on from the sum `crc` of what lies before them (0 at the start). */
export function crc32c(table: usize, address: usize, bytes: usize, crc: u32): u32 {
  let sum = ~crc
  const end = address + bytes
  while (address & 7 && address < end) sum = step(table, sum, load<u8>(address++))
  for (; address + 2 * LANE_BYTES <= end; address += 2 * LANE_BYTES) sum = stepTwoLanes(table, address, sum)
  for (; address + 16 <= end; address += 16) sum = stepSixteen(table, address, sum)
  while (address < end) sum = step(table, sum, load<u8>(address++))
  return ~sum
}

function stepTwoLanes(table: usize, address: usize, sum: u32): u32 {
  let second: u32 = 0
  for (let end = address + LANE_BYTES; address < end; address += 16) {
    sum = stepSixteen(table, address, sum)
    second = stepSixteen(table, address + LANE_BYTES, second)
  }
  const shifts = table + SHIFTS
  const shifted =
    look(shifts, 0, sum & 0xff) ^
    look(shifts, 1, (sum >> 8) & 0xff) ^
    look(shifts, 2, (sum >> 16) & 0xff) ^
    look(shifts, 3, sum >> 24)
  return shifted ^ second
}

@inline
function step(table: usize, sum: u32, byte: u32): u32 {
  return (sum >> 8) ^ look(table, 0, (sum ^ byte) & 0xff)
}

@inline
function stepSixteen(table: usize, address: usize, sum: u32): u32 {
  const a = load<u32>(address) ^ sum
  const b = load<u32>(address, 4)
  const c = load<u32>(address, 8)
  const d = load<u32>(address, 12)
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

/** Entry of the table for a byte with `slice` bytes behind it. */
@inline
function look(table: usize, slice: u32, byte: u32): u32 {
  return load<u32>(table + (<usize>slice << 10) + (<usize>byte << 2))
}
