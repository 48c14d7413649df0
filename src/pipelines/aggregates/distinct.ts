import type { Aggregate, Arena, ValueRun } from './aggregate.ts'

/*
 * How many different values: exactly up to 192 of them, which are kept as they are (open addressing, 0 = free), beyond
 * that by HyperLogLog with 4096 registers (standard error 1.6 %): P. Flajolet and others, "HyperLogLog" (2007); the estimate
 * after O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), section 4.
 *
 *   words: u32 values kept · u32 whether 0 is one · u32 block · u32 slots of it (0 = registers, a byte each)
 */
const KEPT = 0
const HAS_ZERO = 1
const BLOCK = 2
const SLOTS = 3
const FIRST_SLOTS = 8
const MOST_SLOTS = 256

const PRECISION = 12
const REGISTERS = 1 << PRECISION
const REGISTER_WORDS = REGISTERS / 4
/** Zeros that can be counted in what the register number leaves of 64 bits. */
const RANKS = 64 - PRECISION + 1

const number = new Float64Array(1)
const halves = new Uint32Array(number.buffer)

/** The upper 32 of 64 bits of hash (the finalizer of MurmurHash3). */
function hash(value: number): number {
  number[0] = value
  let a = halves[0] ^ Math.imul(halves[1], 0x9e3779b1)
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b)
  a = Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return (a ^ (a >>> 16)) >>> 0
}

/** The lower 32 bits: another round. */
function lowerHash(valueHigh: number, high: number): number {
  let b = valueHigh ^ Math.imul(high, 0x27d4eb2f)
  b = Math.imul(b ^ (b >>> 15), 0x85ebca77)
  b = Math.imul(b ^ (b >>> 13), 0xc2b2ae3d)
  return (b ^ (b >>> 16)) >>> 0
}

function slotOf({ f64, u32 }: Arena, at: number, value: number): number {
  const block = u32[at + BLOCK] >>> 1
  const mask = u32[at + SLOTS] - 1
  let slot = hash(value) & mask
  while (f64[block + slot] !== 0 && f64[block + slot] !== value) slot = (slot + 1) & mask
  return block + slot
}

function keep(arena: Arena, at: number, value: number): void {
  const { u32, f64 } = arena
  if (u32[at + SLOTS] === 0 && !changeBlock(arena, at, FIRST_SLOTS)) return
  const slot = slotOf(arena, at, value)
  if (f64[slot] === value) return
  if (4 * (u32[at + KEPT] + 1) > 3 * u32[at + SLOTS]) {
    grow(arena, at, value)
    return
  }
  arena.save(2 * slot, 2)
  f64[slot] = value
  u32[at + KEPT]++
}

function grow(arena: Arena, at: number, value: number): void {
  const larger = 2 * arena.u32[at + SLOTS]
  if (changeBlock(arena, at, larger > MOST_SLOTS ? 0 : larger)) add(arena, at, value)
}

/** Puts what is kept into a block of so many slots, or into registers (0). */
function changeBlock(arena: Arena, at: number, slots: number): boolean {
  const { u32, f64 } = arena
  const block = arena.allocate(slots === 0 ? REGISTER_WORDS : 2 * slots)
  if (block === 0) return false
  const old = u32[at + BLOCK]
  const oldSlots = u32[at + SLOTS]
  u32[at + BLOCK] = block
  u32[at + SLOTS] = slots
  u32[at + KEPT] = 0
  for (let i = 0; i < oldSlots; i++) if (f64[(old >>> 1) + i] !== 0) add(arena, at, f64[(old >>> 1) + i])
  if (old !== 0) arena.release(old, 2 * oldSlots)
  return true
}

/** The hash is `hash` spelled out: this is done for every value of a large set. */
function register(arena: Arena, block: number, value: number): void {
  number[0] = value
  registerHalves(arena, block, halves[0], halves[1])
}

function registerHalves(arena: Arena, block: number, valueLow: number, valueHigh: number): void {
  let high = valueLow ^ Math.imul(valueHigh, 0x9e3779b1)
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b)
  high = Math.imul(high ^ (high >>> 13), 0xc2b2ae35)
  high ^= high >>> 16
  const rest = high << PRECISION
  const rank = rest !== 0 ? Math.clz32(rest) + 1 : 32 - PRECISION + Math.clz32(lowerHash(valueHigh, high)) + 1
  const index = high >>> (32 - PRECISION)
  const old = (arena.u32[block + (index >>> 2)] >>> ((index & 3) << 3)) & 255
  if (old < rank) raise(arena, block, index, rank)
}

function raise(arena: Arena, block: number, index: number, rank: number): void {
  const { u32 } = arena
  const word = block + (index >>> 2)
  const shift = (index & 3) << 3
  if (((u32[word] >>> shift) & 255) >= rank) return
  arena.saveWord(word)
  u32[word] = (u32[word] & ~(255 << shift)) | (rank << shift)
}

const hasRegisters = ({ u32 }: Arena, at: number): boolean => u32[at + BLOCK] !== 0 && u32[at + SLOTS] === 0

function add(arena: Arena, at: number, value: number): void {
  const { u32 } = arena
  const block = u32[at + BLOCK]
  if (value !== 0 && block !== 0 && u32[at + SLOTS] === 0) register(arena, block, value)
  else if (value === 0) u32[at + HAS_ZERO] = 1
  else keep(arena, at, value)
}

function addRun(arena: Arena, at: number, { f64, u32 }: ValueRun, count: number): void {
  let k = 0
  for (; k < count && !hasRegisters(arena, at); k++) add(arena, at, f64[k])
  const block = arena.u32[at + BLOCK]
  for (; k < count; k++) {
    if (f64[k] === 0) arena.u32[at + HAS_ZERO] = 1
    else registerHalves(arena, block, u32[2 * k], u32[2 * k + 1])
  }
}

function estimate({ u32 }: Arena, block: number): number {
  const counts = new Array<number>(RANKS + 1).fill(0)
  for (let i = 0; i < REGISTERS; i++) counts[(u32[block + (i >>> 2)] >>> ((i & 3) << 3)) & 255]++
  let z = REGISTERS * tau(1 - counts[RANKS] / REGISTERS)
  for (let rank = RANKS - 1; rank >= 1; rank--) z = 0.5 * (z + counts[rank])
  z += REGISTERS * sigma(counts[0] / REGISTERS)
  return Math.round(REGISTERS ** 2 / (2 * Math.LN2 * z))
}

/** Ertl's σ and τ: series until they no longer change. */
function sigma(x: number): number {
  if (x === 1) return Infinity
  let [y, z, before] = [1, x, -1]
  while (z !== before) {
    x *= x
    before = z
    z += x * y
    y += y
  }
  return z
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0
  let [y, z, before] = [1, 1 - x, -1]
  while (z !== before) {
    x = Math.sqrt(x)
    before = z
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}

export const distinct: Aggregate = {
  words: 4,
  add,
  addRun,
  merge(into, at, from, fromAt) {
    const block = from.u32[fromAt + BLOCK]
    if (from.u32[fromAt + HAS_ZERO] === 1) into.u32[at + HAS_ZERO] = 1
    if (hasRegisters(from, fromAt)) {
      if (!hasRegisters(into, at) && !changeBlock(into, at, 0)) return
      for (let i = 0; i < REGISTERS; i++) {
        raise(into, into.u32[at + BLOCK], i, (from.u32[block + (i >>> 2)] >>> ((i & 3) << 3)) & 255)
      }
      return
    }
    for (let i = 0; i < from.u32[fromAt + SLOTS]; i++) {
      const value = from.f64[(block >>> 1) + i]
      if (value !== 0) add(into, at, value)
    }
  },
  result(arena, at) {
    const zero = arena.u32[at + HAS_ZERO]
    return zero + (hasRegisters(arena, at) ? estimate(arena, arena.u32[at + BLOCK]) : arena.u32[at + KEPT])
  },
  dispose(arena, at) {
    const { u32 } = arena
    if (u32[at + BLOCK] === 0) return
    arena.release(u32[at + BLOCK], u32[at + SLOTS] === 0 ? REGISTER_WORDS : 2 * u32[at + SLOTS])
  },
}
